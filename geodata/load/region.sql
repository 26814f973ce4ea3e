-- The street or town above a community: made when missing, renamed when it has another name, and its id.
with known as (
    select id from place where code = :code and kind = 'region'
), made as (
    insert into place (kind, code) select 'region', :code where not exists (select from known) returning id
), named as (
    insert into place_version (place_id, kind, valid, name, aliases, search)
    select id, 'region', '(,)', :name, '{}', :search from made
), renamed as (
    update place_version v set name = :name, search = :search
    from known where v.place_id = known.id and upper_inf(v.valid) and v.name <> :name
)
select id from known union all select id from made
