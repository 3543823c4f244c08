CREATE TABLE accounted AS
    SELECT *, activity_amount * (baseline_per_unit - project_per_unit) * factor_kgco2_per_unit / 1000 AS gross,
           gross * attribution_share - ict_footprint_tco2 AS net,
           gross * attribution_share * (1 - rebound_share) - ict_footprint_tco2 AS net_after_rebound,
           period_year = 2025 AND period_months = 12 AND tier IN (1, 2) AND verification IN ('third_party', 'audited')
               AND scope = 'enabling' AND effect IS NOT NULL AND net IS NOT NULL AND status IN ('selected', 'promoted') AS fits
    FROM cases;
CREATE TABLE summed AS
    SELECT * FROM accounted WHERE fits AND activity_unit IS NULL
    UNION ALL
    (SELECT * FROM accounted WHERE fits AND activity_unit IS NOT NULL
     QUALIFY row_number() OVER (PARTITION BY province_code, sub_region, regexp_replace(activity_unit, '\s', '', 'g'), regexp_replace(sector, '\s', '', 'g')
                                ORDER BY net DESC) = 1);
CREATE TABLE told AS
    SELECT *, e.dimension, e.member FROM (SELECT *, unnest([{'dimension': NULL, 'member': NULL}, {'dimension': 'category', 'member': category}]) AS e FROM summed)
    JOIN place USING (province_code);
INSERT INTO result SELECT 'cases.net_reduction', 2025, region_code, NULL, dimension, member, sum(net) FROM told WHERE effect = 'reduction' GROUP BY ALL;
INSERT INTO result SELECT 'cases.net_avoided_growth', 2025, region_code, NULL, dimension, member, sum(net) FROM told WHERE effect = 'avoided_growth' GROUP BY ALL;
INSERT INTO result SELECT 'cases.net_after_rebound', 2025, region_code, NULL, dimension, member, sum(net_after_rebound)
    FROM told WHERE effect = 'reduction' AND net_after_rebound IS NOT NULL GROUP BY ALL;
INSERT INTO result
    SELECT CASE WHEN counted THEN 'cases.count' ELSE 'cases.filed' END, 2025, region_code, NULL, e.dimension, e.member,
           count(*) FILTER (WHERE NOT counted OR status IN ('selected', 'promoted'))
    FROM (SELECT *, unnest([{'dimension': NULL, 'member': NULL}, {'dimension': 'category', 'member': category},
                            {'dimension': 'status', 'member': status}]) AS e FROM cases)
    JOIN place USING (province_code), (SELECT unnest([true, false]) AS counted)
    GROUP BY ALL;
INSERT INTO result
    SELECT 'cases.enablement_ratio', 2025, '000000', NULL, NULL, NULL,
           (SELECT sum(net) FROM summed WHERE effect = 'reduction') / (SELECT sum(location) FROM emitted WHERE year = 2025);
DROP TABLE told;

INSERT INTO result
    SELECT 'standards.count', y.year, '000000', NULL, e.dimension, e.member, count(*) FILTER (WHERE published_year BETWEEN 2022 AND y.year AND status = 'published')
    FROM years y CROSS JOIN (SELECT *, unnest([{'dimension': NULL, 'member': NULL}, {'dimension': 'level', 'member': level}]) AS e FROM standards)
    GROUP BY ALL;

-- Cells accepted of cells expected, by table, province and entity.
CREATE VIEW filed_energy AS SELECT * FROM energy WHERE NOT is_control;
CREATE VIEW filed_activity AS SELECT * FROM activity WHERE NOT is_control;
CREATE VIEW filed_base_stations AS SELECT * FROM base_stations WHERE NOT is_control;
CREATE VIEW filed_green_power AS SELECT * FROM green_power WHERE NOT is_control;
CREATE VIEW filed_measures AS SELECT * FROM measures WHERE NOT is_control;
CREATE VIEW filed_action_metrics AS SELECT * FROM action_metrics WHERE NOT is_control;
CREATE MACRO filed_cells(name, t) AS TABLE
    SELECT name AS tbl, d.*, EXISTS (SELECT 1 FROM query_table(t) f WHERE (f.year, f.province_code, f.entity_id) = (d.year, d.province_code, d.entity_id)) AS there
    FROM due(t) d;
CREATE TABLE expected_cells AS
    SELECT * FROM filed_cells('energy', 'filed_energy') UNION ALL SELECT * FROM filed_cells('activity', 'filed_activity')
    UNION ALL SELECT * FROM filed_cells('sites', 'sites') UNION ALL SELECT * FROM filed_cells('data_centres', 'data_centres')
    UNION ALL SELECT * FROM filed_cells('rooms', 'rooms') UNION ALL SELECT * FROM filed_cells('base_stations', 'filed_base_stations')
    UNION ALL SELECT * FROM filed_cells('green_power', 'filed_green_power') UNION ALL SELECT * FROM filed_cells('measures', 'filed_measures')
    UNION ALL SELECT * FROM filed_cells('action_metrics', 'filed_action_metrics');
INSERT INTO result
    SELECT 'quality.completeness', year, region_code, e.entity, e.dimension, e.member, avg(there::INT)
    FROM (SELECT *, unnest([{'entity': NULL, 'dimension': NULL, 'member': NULL}, {'entity': entity_id, 'dimension': NULL, 'member': NULL},
                            {'entity': NULL, 'dimension': 'table', 'member': tbl}]) AS e FROM expected_cells) JOIN place USING (province_code)
    GROUP BY ALL;
INSERT INTO result
    SELECT 'quality.rejected_rate', 2025, '000000', NULL, e.dimension, e.member, sum(rejected - superseded) / sum("read" - superseded)
    FROM (SELECT *, unnest([{'dimension': NULL, 'member': NULL}, {'dimension': 'table', 'member': "table"}]) AS e FROM counts WHERE "read" > 0)
    GROUP BY ALL;
