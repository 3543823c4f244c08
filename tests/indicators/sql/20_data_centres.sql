-- The plan's term is 2022 to 2025; large from 3000 design racks, hyperscale from 10000; GB 40879: 1.2, 1.3, 1.5, since November 2022.
CREATE TABLE centres AS
    SELECT *, regexp_replace(hub_cluster, '(数据中心)?集群$', '') AS hub,
           CASE WHEN standard_racks >= 10000 THEN 'hyperscale' WHEN standard_racks >= 3000 THEN 'large' ELSE 'medium_small' END AS size,
           commissioned_year BETWEEN 2022 AND 2025 AND standard_racks >= 3000 AS new_large,
           commissioned_year < year OR (commissioned_year = year AND commissioned_month IS NOT NULL AND commissioned_month = 1) AS full_year,
           commissioned_year * 100 + coalesce(commissioned_month, CASE commissioned_year WHEN 2022 THEN 0 ELSE 1 END) >= 202211 AS graded,
           CASE WHEN pue_category IS NULL THEN 'unknown' ELSE 'pue_' || pue_category END AS metered,
           CASE WHEN standard_racks <= 100 OR it_kwh = 0 THEN NULL
                WHEN total_kwh / it_kwh <= 1.2 THEN 'grade_1' WHEN total_kwh / it_kwh <= 1.3 THEN 'grade_2'
                WHEN total_kwh / it_kwh <= 1.5 THEN 'grade_3' ELSE 'beyond' END AS grade
    FROM data_centres;
CREATE TABLE told AS
    SELECT s.*, p.region_code, t.dimension, t.member, t.entity
    FROM (SELECT *, unnest([
              {'entity': NULL, 'dimension': NULL, 'member': NULL},
              {'entity': entity_id, 'dimension': NULL, 'member': NULL},
              {'entity': NULL, 'dimension': 'size_class', 'member': size},
              {'entity': NULL, 'dimension': 'hub_cluster', 'member': hub},
              {'entity': NULL, 'dimension': 'measured_at', 'member': metered}]) AS t FROM centres) s
    JOIN place p USING (province_code)
    WHERE t.dimension IS NULL OR t.member IS NOT NULL;

INSERT INTO result SELECT 'dc.pue.all', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0) FROM told WHERE full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.pue.young', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE NOT full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.pue.new_large', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE new_large AND full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.pue.new_large.young', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE new_large AND NOT full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.pue.large', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE size <> 'medium_small' AND full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.pue.hub', year, region_code, entity, dimension, member, sum(total_kwh) / nullif(sum(it_kwh), 0)
    FROM told WHERE hub IS NOT NULL AND full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.green_share.hub', year, region_code, entity, dimension, member, sum(green_kwh) / nullif(sum(total_kwh), 0)
    FROM told WHERE hub IS NOT NULL GROUP BY ALL;
INSERT INTO result SELECT 'dc.wue', year, region_code, entity, dimension, member, 1000 * sum(water_t) / nullif(sum(it_kwh), 0) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'dc.green_share', year, region_code, entity, dimension, member, sum(green_kwh) / nullif(sum(total_kwh), 0) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'dc.erf', year, region_code, entity, dimension, member, sum(reused_kwh) / nullif(sum(total_kwh), 0)
    FROM told WHERE reused_kwh IS NOT NULL GROUP BY ALL;
INSERT INTO result SELECT 'dc.cer', year, region_code, entity, dimension, member, sum(it_kwh) / sum(cooling_kwh)
    FROM told WHERE cooling_kwh > 0 AND full_year GROUP BY ALL;
INSERT INTO result SELECT 'dc.rack_use', year, region_code, entity, dimension, member, sum(racks_in_use) / sum(standard_racks)
    FROM told WHERE racks_in_use IS NOT NULL GROUP BY ALL;
INSERT INTO result SELECT 'dc.liquid_share', year, region_code, entity, dimension, member, sum(liquid_cooled_racks) / sum(standard_racks)
    FROM told WHERE liquid_cooled_racks IS NOT NULL GROUP BY ALL;
INSERT INTO result SELECT 'dc.count', year, region_code, entity, dimension, member, count(*) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'dc.racks', year, region_code, entity, dimension, member, sum(standard_racks) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'dc.it_electricity', year, region_code, entity, dimension, member, sum(it_kwh) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'dc.electricity', year, region_code, entity, dimension, member, sum(total_kwh) FROM told GROUP BY ALL;
INSERT INTO result
    SELECT 'dc.pue.grade_share' || CASE WHEN graded THEN '' ELSE '.stock' END, year, region_code, NULL, 'grade', grade,
           sum(standard_racks) / sum(sum(standard_racks)) OVER (PARTITION BY year, region_code, graded)
    FROM told WHERE grade IS NOT NULL AND full_year AND dimension IS NULL AND entity IS NULL
    GROUP BY year, region_code, graded, grade;
DROP TABLE told;
