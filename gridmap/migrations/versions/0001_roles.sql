-- The posts of "three kinds of household and four leaders", the office, and the service contacts. Labels are edited later.
insert into role (code, kind, label_zh, label_en, rank, single_holder, acts, public) values
    ('entrance_leader',    'leader',    '单元长',       'Entrance leader',       10, true,  true,  true),
    ('building_leader',    'leader',    '楼栋长',       'Building leader',       20, true,  true,  true),
    ('cluster_leader',     'leader',    '楼群长',       'Cluster leader',        30, true,  true,  true),
    ('grid_worker',        'staff',     '网格员',       'Grid worker',           38, false, false, true),
    ('grid_leader',        'leader',    '网格长',       'Grid leader',           40, true,  true,  true),
    ('station_deputy',     'office',    '副站长',       'Deputy station head',   44, false, false, true),
    ('station_head',       'office',    '站长',         'Station head',          45, true,  true,  true),
    ('branch_secretary',   'office',    '小区党支部书记', 'Compound party branch secretary', 50, true, true, true),
    ('committee_member',   'office',    '居委会委员',   'Residents'' committee member', 60, false, false, true),
    ('director',           'office',    '居委会主任',   'Residents'' committee director', 70, true, true, true),
    ('secretary',          'office',    '党总支书记',   'Party general branch secretary', 80, true, true, true),
    ('hub_household',      'household', '中心户',       'Hub household',         90, false, false, false),
    ('vanguard_household', 'household', '先锋户',       'Vanguard household',    91, false, false, false),
    ('bastion_household',  'household', '堡垒户',       'Bastion household',     92, false, false, false),
    ('property_company',   'service',   '物业公司',     'Property company',     100, true,  false, true),
    ('owners_committee',   'service',   '业主委员会',   'Owners'' committee',   101, true,  false, true),
    ('heating_contact',    'service',   '供热',         'Heating company',      102, true,  false, true),
    ('lift_contact',       'service',   '电梯维保',     'Lift maintenance',     103, true,  false, true),
    ('water_contact',      'service',   '供水',         'Water company',        104, true,  false, true),
    ('power_contact',      'service',   '供电',         'Power company',        105, true,  false, true),
    ('gas_contact',        'service',   '燃气',         'Gas company',          106, true,  false, true),
    ('sanitation_contact', 'service',   '环卫',         'Sanitation company',   107, true,  false, true),
    ('greenery_contact',   'service',   '园林绿化',     'Landscape service',    108, true,  false, true),
    ('police_officer',     'service',   '社区民警',     'Community police officer', 109, true, false, true);

insert into role_place (role, kind, required) values
    ('entrance_leader', 'entrance', true),
    ('building_leader', 'building', true),
    ('cluster_leader', 'cluster', true),
    ('grid_worker', 'grid_cell', false), ('grid_worker', 'compound', false),
    ('grid_leader', 'grid_cell', true), ('grid_leader', 'compound', false),
    ('station_deputy', 'compound', false), ('station_deputy', 'facility', false),
    ('station_head', 'compound', false), ('station_head', 'facility', false),
    ('branch_secretary', 'compound', true),
    ('committee_member', 'community', false),
    ('director', 'community', true),
    ('secretary', 'community', true),
    ('hub_household', 'entrance', false), ('hub_household', 'building', false), ('hub_household', 'grid_cell', false), ('hub_household', 'compound', false),
    ('vanguard_household', 'entrance', false), ('vanguard_household', 'building', false), ('vanguard_household', 'grid_cell', false), ('vanguard_household', 'compound', false),
    ('bastion_household', 'entrance', false), ('bastion_household', 'building', false), ('bastion_household', 'grid_cell', false), ('bastion_household', 'compound', false);
insert into role_place (role, kind, required)
select code, k.kind, false from role cross join (values ('building'), ('compound'), ('community')) k(kind) where role.kind = 'service';

insert into problem (code, label_zh, label_en, position) values
    ('heating', '供暖', 'Heating', 10), ('leak', '漏水', 'Leak', 20), ('lift', '电梯', 'Lift', 30), ('power', '停电', 'Power cut', 40),
    ('gas', '燃气', 'Gas', 50), ('parking', '停车', 'Parking', 60), ('noise', '噪声', 'Noise', 70), ('sanitation', '卫生', 'Sanitation', 80),
    ('lighting', '照明', 'Lighting', 90), ('greenery', '绿化', 'Greenery', 100), ('charging', '电动车充电', 'E-bike charging', 110),
    ('fire_lane', '消防通道', 'Fire lane', 120), ('neighbours', '邻里纠纷', 'Neighbours', 130), ('property', '物业服务', 'Property service', 140),
    ('safety', '治安', 'Public safety', 150);

insert into role_problem (problem, role, priority) values
    ('heating', 'heating_contact', 1), ('heating', 'property_company', 2),
    ('leak', 'property_company', 1), ('leak', 'water_contact', 2),
    ('lift', 'lift_contact', 1), ('lift', 'property_company', 2),
    ('power', 'power_contact', 1), ('power', 'property_company', 2),
    ('gas', 'gas_contact', 1),
    ('parking', 'property_company', 1), ('parking', 'owners_committee', 2),
    ('noise', 'police_officer', 1),
    ('sanitation', 'sanitation_contact', 1), ('sanitation', 'property_company', 2),
    ('lighting', 'property_company', 1),
    ('greenery', 'greenery_contact', 1), ('greenery', 'property_company', 2),
    ('charging', 'property_company', 1),
    ('fire_lane', 'property_company', 1), ('fire_lane', 'police_officer', 2),
    ('neighbours', 'police_officer', 2), ('neighbours', 'owners_committee', 3),
    ('property', 'property_company', 1), ('property', 'owners_committee', 2),
    ('safety', 'police_officer', 1);
