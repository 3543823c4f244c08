-- Average factor of the province, of the year or the nearest earlier one, else of the first later one.
CREATE TABLE factor AS
    SELECT y.year, f.region_code, f.kind, arg_min(f.factor, CASE WHEN f.year <= y.year THEN y.year - f.year ELSE 1000 + f.year END) AS factor
    FROM years y CROSS JOIN (
        SELECT g.year, g.kind, g.factor_kgco2_per_kwh AS factor, CASE WHEN g.region_level = 'nation' THEN '000000' ELSE p.code END AS region_code
        FROM grid_factors g LEFT JOIN provinces p ON p.short_zh = g.region_zh
        WHERE g.region_level IN ('nation', 'province') AND g.factor_kgco2_per_kwh IS NOT NULL) f
    GROUP BY ALL;
CREATE TABLE has_factor AS SELECT DISTINCT region_code AS province_code FROM factor WHERE kind = 'average' AND region_code <> '000000';

CREATE TABLE power AS
    WITH used AS (SELECT year, province_code, entity_id, group_id, entity_kind, sum(quantity) AS kwh FROM final WHERE carrier = 'electricity' GROUP BY ALL),
         green AS (SELECT year, province_code, entity_id, group_id, entity_kind,
                          coalesce(sum(kwh) FILTER (WHERE channel = 'self_built'), 0) AS self_built,
                          coalesce(sum(kwh) FILTER (WHERE channel <> 'self_built'), 0) AS claims
                   FROM green_y GROUP BY ALL)
    SELECT year, province_code, entity_id, group_id, entity_kind,
           kwh - coalesce(self_built, 0) AS grid_kwh, coalesce(claims, 0) AS claims
    FROM used FULL JOIN green USING (year, province_code, entity_id, group_id, entity_kind);

INSERT INTO result
    SELECT 'carbon.grid_electricity', year, region_code, e, NULL, NULL, sum(grid_kwh)
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM power) JOIN place USING (province_code) GROUP BY ALL;

-- The floor of a group is national; what it claims beyond its use in a province lessens the others in proportion.
CREATE TABLE emitted AS
    WITH here AS (SELECT *, greatest(coalesce(grid_kwh, 0) - claims, 0) AS left_here FROM power SEMI JOIN has_factor USING (province_code)),
         of_group AS (SELECT year, group_id, greatest(sum(coalesce(grid_kwh, 0) - claims), 0) AS residual, sum(left_here) AS all_left FROM here GROUP BY ALL)
    SELECT h.year, province_code, entity_id, entity_kind, 'scope_2' AS scope,
           grid_kwh * f.factor / 1000 AS location,
           CASE WHEN grid_kwh IS NOT NULL THEN left_here * CASE WHEN all_left > 0 THEN residual / all_left ELSE 0 END * m.factor / 1000 END AS market
    FROM here h JOIN of_group USING (year, group_id)
    JOIN factor f ON f.year = h.year AND f.region_code = h.province_code AND f.kind = 'average'
    JOIN factor m ON m.year = h.year AND m.kind = 'average_excl_traded_nonfossil'
    UNION ALL
    SELECT year, province_code, entity_id, entity_kind, 'scope_1', sum(quantity * kgco2_per_unit / 1000), sum(quantity * kgco2_per_unit / 1000)
    FROM final SEMI JOIN has_factor USING (province_code)
    JOIN (SELECT carrier, kgco2_per_unit FROM fuel_factors WHERE set = 'S1') USING (carrier)
    GROUP BY ALL;
CREATE TABLE told AS
    SELECT *, e.entity, e.dimension, e.member
    FROM (SELECT *, unnest([{'entity': NULL, 'dimension': NULL, 'member': NULL}, {'entity': entity_id, 'dimension': NULL, 'member': NULL},
                            {'entity': NULL, 'dimension': 'scope', 'member': scope}]) AS e FROM emitted) JOIN place USING (province_code);
INSERT INTO result SELECT 'carbon.location', year, region_code, entity, dimension, member, sum(location) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'carbon.market', year, region_code, entity, dimension, member, sum(market) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'carbon.covered', year, region_code, entity, dimension, member, sum(location)
    FROM told WHERE entity_kind IN ('basic_telecom', 'tower', 'broadcast') GROUP BY ALL;
DROP TABLE told;
INSERT INTO result SELECT 'carbon.fuels', year, region_code, e.entity, e.dimension, e.member, sum(tco2)
    FROM (SELECT year, province_code, quantity * kgco2_per_unit / 1000 AS tco2,
                 unnest([{'entity': NULL, 'dimension': NULL, 'member': NULL}, {'entity': entity_id, 'dimension': NULL, 'member': NULL},
                         {'entity': NULL, 'dimension': 'facility_type', 'member': facility_type}]) AS e
          FROM final SEMI JOIN has_factor USING (province_code)
          JOIN (SELECT carrier, kgco2_per_unit FROM fuel_factors WHERE set = 'S1') USING (carrier)) JOIN place USING (province_code) GROUP BY ALL;

-- Emissions per flow: whole where all the electricity and fuels of the entity are.
CREATE TABLE part_carbon AS
    WITH seen AS (
        SELECT year, province_code, entity_id, entity_kind AS kind, bool_and(quantity IS NOT NULL) AS whole
        FROM final WHERE carrier NOT IN ('heat', 'water') GROUP BY ALL)
    SELECT s.year, s.province_code, s.entity_id, s.kind, sum(e.location) AS amount, s.whole AND count(e.location) > 0 AS whole
    FROM seen s LEFT JOIN emitted e USING (year, province_code, entity_id)
    WHERE s.kind IN ('basic_telecom', 'tower', 'broadcast')
    GROUP BY s.year, s.province_code, s.entity_id, s.kind, s.whole;
CREATE TABLE ok_carbon AS SELECT * FROM matched('part_carbon', 'part_flow', ['basic_telecom', 'tower', 'broadcast'], ['basic_telecom', 'broadcast']);
CREATE TABLE cells_c AS SELECT * FROM told_cells('ok_carbon', 'part_carbon', 'part_flow');
INSERT INTO result
    SELECT 'carbon.per_flow', n.year, n.region_code, n.entity, NULL, NULL, 1000 * n.total / d.total
    FROM sum_of('part_carbon', 'cells_c', NULL) n
    JOIN sum_of('part_flow', 'cells_c', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
CREATE TABLE ok_carbon_volume AS SELECT * FROM matched('part_carbon', 'part_volume', ['basic_telecom', 'tower', 'broadcast'], ['basic_telecom', 'broadcast']);
CREATE TABLE cells_cv AS SELECT * FROM told_cells('ok_carbon_volume', 'part_carbon', 'part_volume');
INSERT INTO result
    SELECT 'carbon.per_volume', n.year, n.region_code, n.entity, NULL, NULL, 1000 * n.total / v.volume
    FROM sum_of('part_carbon', 'cells_cv', NULL) n
    JOIN volume_of('cells_cv') v ON n.year = v.year AND n.region_code = v.region_code AND n.entity IS NOT DISTINCT FROM v.entity;

INSERT INTO result
    SELECT 'dc.cue', c.year, place.region_code, e, NULL, NULL, sum(total_kwh * factor) / nullif(sum(it_kwh), 0)
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM centres WHERE full_year) c
    JOIN factor f ON f.year = c.year AND f.region_code = c.province_code AND f.kind = 'average'
    JOIN place ON place.province_code = c.province_code GROUP BY c.year, place.region_code, e;
