CREATE TABLE told AS
    SELECT s.*, p.region_code, t.dimension, t.member, t.entity
    FROM (SELECT *, unnest([
              {'entity': NULL, 'dimension': NULL, 'member': NULL},
              {'entity': entity_id, 'dimension': NULL, 'member': NULL},
              {'entity': NULL, 'dimension': 'facility_type', 'member': facility_type},
              {'entity': NULL, 'dimension': 'carrier', 'member': carrier},
              {'entity': NULL, 'dimension': 'entity_kind', 'member': entity_kind}]) AS t FROM final) s
    JOIN place p USING (province_code);
INSERT INTO result SELECT 'energy.total', year, region_code, entity, dimension, member, sum(tce) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'energy.covered', year, region_code, entity, dimension, member, sum(tce)
    FROM told WHERE entity_kind IN ('basic_telecom', 'tower', 'broadcast') GROUP BY ALL;
INSERT INTO result SELECT 'energy.electricity', year, region_code, entity, dimension, member, sum(quantity) FROM told WHERE carrier = 'electricity' GROUP BY ALL;
INSERT INTO result SELECT 'energy.oil', year, region_code, entity, dimension, member, sum(quantity) / 1000
    FROM told WHERE carrier IN ('diesel', 'gasoline') GROUP BY ALL;
INSERT INTO result SELECT 'energy.natural_gas', year, region_code, entity, dimension, member, sum(quantity) FROM told WHERE carrier = 'natural_gas' GROUP BY ALL;
INSERT INTO result SELECT 'energy.heat', year, region_code, entity, dimension, member, sum(quantity) / 1000 FROM told WHERE carrier = 'heat' GROUP BY ALL;
INSERT INTO result SELECT 'energy.water', year, region_code, entity, dimension, member, sum(quantity) FROM told WHERE carrier = 'water' GROUP BY ALL;
INSERT INTO result SELECT 'energy.electricity_share', year, region_code, entity, dimension, member,
           coalesce(sum(tce) FILTER (WHERE carrier = 'electricity'), 0) / nullif(sum(tce), 0) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'carbon.heat_share', year, region_code, entity, dimension, member,
           coalesce(sum(tce) FILTER (WHERE carrier = 'heat'), 0) / nullif(sum(tce), 0) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'carbon.no_factor_share', year, region_code, entity, dimension, member,
           coalesce(sum(quantity) FILTER (WHERE province_code = '540000'), 0) / sum(quantity) FROM told WHERE carrier = 'electricity' GROUP BY ALL;
INSERT INTO result
    SELECT CASE supply WHEN 'resold' THEN 'energy.resold' ELSE 'energy.received' END, year, region_code, e, NULL, NULL, sum(quantity)
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM energy_y WHERE carrier = 'electricity' AND supply <> 'own') JOIN place USING (province_code)
    GROUP BY ALL;
DROP TABLE told;

-- Flow and mobile traffic
INSERT INTO result
    SELECT 'activity.flow', year, region_code, e, NULL, NULL, sum(value)
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM activity_y
          WHERE metric = 'information_flow' AND entity_kind IN ('basic_telecom', 'tower', 'broadcast')) JOIN place USING (province_code)
    GROUP BY ALL;
INSERT INTO result
    SELECT 'activity.mobile_traffic', year, region_code, e, NULL, NULL, sum(value)
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM activity_y WHERE metric = 'mobile_traffic') JOIN place USING (province_code)
    GROUP BY ALL;

-- Parts of the intensities, of telecom, tower and broadcast companies
CREATE TABLE part_energy AS
    SELECT year, province_code, entity_id, entity_kind AS kind, sum(tce) AS amount, bool_and(tce IS NOT NULL) AS whole
    FROM final WHERE entity_kind IN ('basic_telecom', 'tower', 'broadcast') GROUP BY ALL;
CREATE TABLE part_flow AS
    SELECT year, province_code, entity_id, entity_kind AS kind, sum(value) AS amount, bool_and(value IS NOT NULL) AS whole
    FROM activity_y WHERE metric = 'information_flow' AND entity_kind IN ('basic_telecom', 'tower', 'broadcast') GROUP BY ALL;

-- Volume: at 2020 prices where it is filed so, else V(y at y-1 prices) and V(y-1 at y-1 prices) of each entity. A year is
-- whole if it and all years since 2020 have one or the other; an entity that had filed nothing anywhere before is new.
CREATE TABLE pieces AS
    WITH priced AS (
        SELECT year, province_code, entity_id, entity_kind AS kind,
               CASE WHEN count(value) FILTER (WHERE price_base_year = year) = count(*) FILTER (WHERE price_base_year = year)
                    THEN sum(value) FILTER (WHERE price_base_year = year) END AS own,
               CASE WHEN count(value) FILTER (WHERE price_base_year = year - 1) = count(*) FILTER (WHERE price_base_year = year - 1)
                    THEN sum(value) FILTER (WHERE price_base_year = year - 1) END AS now,
               CASE WHEN count(value) FILTER (WHERE price_base_year = 2020) = count(*) FILTER (WHERE price_base_year = 2020)
                    THEN sum(value) FILTER (WHERE price_base_year = 2020) END AS direct
        FROM activity_y
        WHERE metric = 'telecom_business_volume' AND entity_kind IN ('basic_telecom', 'tower', 'broadcast')
        GROUP BY ALL),
    beside AS (
        SELECT a.*, b.own AS before, (SELECT min(f.year) FROM priced f WHERE f.entity_id = a.entity_id) AS first
        FROM priced a LEFT JOIN priced b ON (b.year, b.province_code, b.entity_id) = (a.year - 1, a.province_code, a.entity_id))
    SELECT year, province_code, entity_id, kind, direct, now, CASE WHEN first = year THEN coalesce(before, 0) ELSE before END AS prev,
           bool_and(direct IS NOT NULL OR (now IS NOT NULL AND (before IS NOT NULL OR first = year)))
               OVER (PARTITION BY province_code, entity_id ORDER BY year) AS whole
    FROM beside;
CREATE TABLE part_volume AS SELECT year, province_code, entity_id, kind, whole FROM pieces;

CREATE TABLE ok_flow AS SELECT * FROM matched('part_energy', 'part_flow', ['basic_telecom', 'tower', 'broadcast'], ['basic_telecom', 'broadcast']);
CREATE TABLE ok_volume AS SELECT * FROM matched('part_energy', 'part_volume', ['basic_telecom', 'tower', 'broadcast'], ['basic_telecom', 'broadcast']);
CREATE TABLE ok_energy_alone AS SELECT * FROM matched('part_energy', 'part_energy', ['none'], ['none']);
CREATE TABLE ok_flow_alone AS SELECT * FROM matched('part_flow', 'part_flow', ['none'], ['none']);
CREATE TABLE ok_volume_alone AS SELECT * FROM matched('part_volume', 'part_volume', ['none'], ['none']);

-- Cells that may be told: of all entities (entity null) where the province is matched, of one entity where it filed.
CREATE MACRO told_cells(ok, a, b) AS TABLE
    SELECT o.year, o.province_code, NULL AS entity, x.entity_id
    FROM query_table(ok) o JOIN (SELECT DISTINCT year, province_code, entity_id FROM (FROM query_table(a) UNION ALL BY NAME FROM query_table(b))) x
         ON (x.year, x.province_code) = (o.year, o.province_code)
    UNION ALL
    SELECT x.year, x.province_code, x.entity_id, x.entity_id FROM query_table(a) x
    WHERE x.whole AND EXISTS (SELECT 1 FROM query_table(b) y WHERE y.whole AND (y.year, y.province_code, y.entity_id) = (x.year, x.province_code, x.entity_id));

-- Years that may be compared with 2020: cells (province, or province and entity) that are told in both.
CREATE MACRO compared(cells) AS TABLE
    SELECT DISTINCT c.* FROM query_table(cells) c
    WHERE c.year >= 2020 AND EXISTS (SELECT 1 FROM query_table(cells) b WHERE b.year = 2020 AND b.province_code = c.province_code AND b.entity IS NOT DISTINCT FROM c.entity);

CREATE MACRO sum_of(part, cells, from_year) AS TABLE
    SELECT c.year, p.region_code, c.entity, sum(x.amount) AS total
    FROM (SELECT DISTINCT year, province_code, entity FROM query_table(cells)) c
    JOIN place p USING (province_code)
    JOIN query_table(part) x ON x.province_code = c.province_code AND x.year = coalesce(from_year, c.year)
                            AND (c.entity IS NULL OR x.entity_id = c.entity)
    GROUP BY ALL;

CREATE TABLE cells_flow AS SELECT * FROM told_cells('ok_flow', 'part_energy', 'part_flow');
CREATE TABLE cells_flow_since AS SELECT * FROM compared('cells_flow');
INSERT INTO result
    SELECT 'energy.per_flow', n.year, n.region_code, n.entity, NULL, NULL, 1000 * n.total / d.total
    FROM sum_of('part_energy', 'cells_flow', NULL) n
    JOIN sum_of('part_flow', 'cells_flow', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
INSERT INTO result
    SELECT 'energy.per_flow.change', n.year, n.region_code, n.entity, NULL, NULL, (n.total / d.total) / (bn.total / bd.total) - 1
    FROM sum_of('part_energy', 'cells_flow_since', NULL) n
    JOIN sum_of('part_flow', 'cells_flow_since', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity
    JOIN sum_of('part_energy', 'cells_flow_since', 2020) bn ON n.year = bn.year AND n.region_code = bn.region_code AND n.entity IS NOT DISTINCT FROM bn.entity
    JOIN sum_of('part_flow', 'cells_flow_since', 2020) bd ON n.year = bd.year AND n.region_code = bd.region_code AND n.entity IS NOT DISTINCT FROM bd.entity;

CREATE TABLE cells_e AS SELECT * FROM told_cells('ok_energy_alone', 'part_energy', 'part_energy');
CREATE TABLE cells_e_since AS SELECT * FROM compared('cells_e');
INSERT INTO result
    SELECT 'energy.index', n.year, n.region_code, n.entity, NULL, NULL, 100 * n.total / b.total
    FROM sum_of('part_energy', 'cells_e_since', NULL) n
    JOIN sum_of('part_energy', 'cells_e_since', 2020) b ON n.year = b.year AND n.region_code = b.region_code AND n.entity IS NOT DISTINCT FROM b.entity;
CREATE TABLE cells_f AS SELECT * FROM told_cells('ok_flow_alone', 'part_flow', 'part_flow');
CREATE TABLE cells_f_since AS SELECT * FROM compared('cells_f');
INSERT INTO result
    SELECT 'activity.flow_index', n.year, n.region_code, n.entity, NULL, NULL, 100 * n.total / b.total
    FROM sum_of('part_flow', 'cells_f_since', NULL) n
    JOIN sum_of('part_flow', 'cells_f_since', 2020) b ON n.year = b.year AND n.region_code = b.region_code AND n.entity IS NOT DISTINCT FROM b.entity;

-- The chain of the region's own cells: the last year that is at 2020 prices throughout, times the links since then.
CREATE MACRO volume_of(cells) AS TABLE
    WITH own AS (SELECT DISTINCT year, province_code, entity FROM query_table(cells)),
         links AS (SELECT c.year, p.region_code, c.entity, x.year AS t, sum(x.now) AS now, sum(x.prev) AS prev,
                          CASE WHEN count(x.direct) = count(*) THEN sum(x.direct) END AS direct
                   FROM own c JOIN place p USING (province_code)
                   JOIN pieces x ON x.province_code = c.province_code AND x.year <= c.year AND (c.entity IS NULL OR x.entity_id = c.entity)
                   GROUP BY ALL),
         started AS (SELECT *, max(t) FILTER (WHERE direct IS NOT NULL) OVER (PARTITION BY year, region_code, entity) AS start FROM links)
    SELECT year, region_code, entity,
           sum(direct) FILTER (WHERE t = 2020) AS base,
           sum(direct) FILTER (WHERE t = start) * coalesce(product(now / prev) FILTER (WHERE t > start), 1) AS volume
    FROM started GROUP BY ALL;

CREATE TABLE cells_va AS SELECT * FROM told_cells('ok_volume_alone', 'part_volume', 'part_volume');
CREATE TABLE cells_va_since AS SELECT * FROM compared('cells_va');
CREATE TABLE cells_v AS SELECT * FROM told_cells('ok_volume', 'part_energy', 'part_volume');
CREATE TABLE cells_v_since AS SELECT * FROM compared('cells_v');
INSERT INTO result SELECT 'activity.volume', year, region_code, entity, NULL, NULL, volume FROM volume_of('cells_va');
INSERT INTO result SELECT 'activity.volume_index', year, region_code, entity, NULL, NULL, 100 * volume / base FROM volume_of('cells_va_since');
INSERT INTO result
    SELECT 'energy.per_volume', n.year, n.region_code, n.entity, NULL, NULL, 1000 * n.total / v.volume
    FROM sum_of('part_energy', 'cells_v', NULL) n
    JOIN volume_of('cells_v') v ON n.year = v.year AND n.region_code = v.region_code AND n.entity IS NOT DISTINCT FROM v.entity;
INSERT INTO result
    SELECT 'energy.per_volume.change', n.year, n.region_code, n.entity, NULL, NULL, (n.total / v.volume) / (b.total / v.base) - 1
    FROM sum_of('part_energy', 'cells_v_since', NULL) n
    JOIN volume_of('cells_v_since') v ON n.year = v.year AND n.region_code = v.region_code AND n.entity IS NOT DISTINCT FROM v.entity
    JOIN sum_of('part_energy', 'cells_v_since', 2020) b ON n.year = b.year AND n.region_code = b.region_code AND n.entity IS NOT DISTINCT FROM b.entity;
