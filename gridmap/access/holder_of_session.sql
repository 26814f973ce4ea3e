-- sign-in look-up: who the holder of a session is at this moment
with asking as (
    select u.id, u.name, u.level, u.person_id, u.must_change_password, s.seen_at
    from user_session s join user_account u on u.id = s.user_id
    where s.token_hash = :digest and not u.locked and s.seen_at > :idle and s.created_at > :absolute
)
