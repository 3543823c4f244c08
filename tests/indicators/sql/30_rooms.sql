CREATE TABLE told AS
    SELECT s.*, p.region_code, t.dimension, t.member, t.entity
    FROM (SELECT *, unnest([
              {'entity': NULL, 'dimension': NULL, 'member': NULL},
              {'entity': entity_id, 'dimension': NULL, 'member': NULL},
              {'entity': NULL, 'dimension': 'kind', 'member': kind}]) AS t FROM rooms) s
    JOIN place p USING (province_code);

INSERT INTO result SELECT 'room.pue.core_retrofit', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE kind = 'core' AND retrofit_year BETWEEN 2022 AND 2025 GROUP BY ALL;
INSERT INTO result SELECT 'room.pue.core', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE kind = 'core' GROUP BY ALL;
INSERT INTO result SELECT 'room.pue.all', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'room.retrofit_share', year, region_code, entity, dimension, member,
           count(*) FILTER (WHERE retrofit_year IS NOT NULL AND retrofit_year BETWEEN 2022 AND 2025) / count(*)
    FROM told WHERE kind = 'core' GROUP BY ALL;
INSERT INTO result SELECT 'room.count', year, region_code, entity, dimension, member, count(*) FROM told GROUP BY ALL;
DROP TABLE told;
