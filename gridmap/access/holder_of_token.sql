-- sign-in look-up: for whom the holder of a token asks at this moment
-- A program cannot change a password, so its token works before its user has done so.
with asking as (
    select u.id, u.name, u.level, u.person_id, false as must_change_password, null::timestamptz as seen_at
    from api_token t join user_account u on u.id = t.user_id
    where t.token_hash = :digest and not u.locked and t.revoked_at is null
)
