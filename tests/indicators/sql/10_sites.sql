CREATE TABLE told AS
    SELECT s.*, p.region_code, t.dimension, t.member, t.entity
    FROM (SELECT *, unnest([
              {'entity': NULL, 'dimension': NULL, 'member': NULL},
              {'entity': entity_id, 'dimension': NULL, 'member': NULL},
              {'entity': NULL, 'dimension': 'sharing_kind', 'member': sharing_kind}]) AS t FROM sites) s
    JOIN place p USING (province_code);

INSERT INTO result
    SELECT 'sharing.new_5g_sites', year, region_code, entity, dimension, member,
           count(*) FILTER (WHERE tenants >= 2 OR sharing_kind <> 'none') / count(*)
    FROM told WHERE new_build AND built_year = year GROUP BY ALL;
INSERT INTO result
    SELECT 'sharing.social', year, region_code, entity, dimension, member, count(*) FILTER (WHERE sharing_kind = 'social') / count(*)
    FROM told WHERE new_build AND built_year = year GROUP BY ALL;
INSERT INTO result
    SELECT 'sharing.new_sites', year, region_code, entity, dimension, member, count(*) FILTER (WHERE new_build AND built_year = year)
    FROM told GROUP BY ALL;
INSERT INTO result
    SELECT 'sharing.tenancy', year, region_code, entity, dimension, member, sum(tenants) / count(*) FROM told GROUP BY ALL;
DROP TABLE told;
