-- What all indicators share, from the design: regions, whole years, final use, standard coal.
-- Tables given: the accepted tables by name, counts, and the reference tables provinces, grid_factors, fuel_factors.

CREATE TABLE place AS
    SELECT code AS province_code, code AS region_code FROM provinces WHERE in_31 = 'yes'
    UNION ALL
    SELECT code, CASE economic_region WHEN '东部' THEN 'east' WHEN '中部' THEN 'central' WHEN '西部' THEN 'west' WHEN '东北' THEN 'northeast' END
    FROM provinces WHERE in_31 = 'yes'
    UNION ALL
    SELECT code, '000000' FROM provinces WHERE in_31 = 'yes'
    UNION ALL
    SELECT '000000', '000000';

CREATE TABLE years AS SELECT unnest(range(2020, 2026)) AS year;

-- Every result ends here: entity_id, dimension and member are null where all of them are together.
CREATE TABLE result (
    indicator_id VARCHAR, year BIGINT, region_code VARCHAR, entity_id VARCHAR, dimension VARCHAR, member VARCHAR, value DOUBLE
);

-- Whole years: flows summed, stocks averaged, null with fewer than twelve months; control rows never.
CREATE TABLE energy_y AS
    SELECT year, entity_id, province_code, facility_type, carrier, supply, sub_region, counterparty_id, entities.kind AS entity_kind,
           entities.group_id,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN sum(quantity) END AS quantity
    FROM energy JOIN entities USING (entity_id)
    WHERE NOT is_control
    GROUP BY ALL;

CREATE TABLE activity_y AS
    SELECT year, entity_id, province_code, sub_region, metric, price_base_year, entities.kind AS entity_kind,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN sum(value) END AS value
    FROM activity JOIN entities USING (entity_id)
    WHERE NOT is_control
    GROUP BY ALL;

CREATE TABLE stations_y AS
    SELECT year, entity_id, province_code, sub_region, generation,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN avg(stations) END AS stations,
           CASE WHEN (max(month) = 0 OR count(DISTINCT month) = 12) AND count(monitored_stations) = count(*)
                THEN avg(monitored_stations) END AS monitored,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN sum(traffic_tb) END AS traffic_tb,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN sum(energy_kwh) END AS energy_kwh
    FROM base_stations
    WHERE NOT is_control
    GROUP BY ALL;

CREATE TABLE green_y AS
    SELECT green_power.*, entities.kind AS entity_kind, entities.group_id
    FROM green_power JOIN entities USING (entity_id)
    WHERE NOT is_control;

-- Energy where it is finally used: own and received. Coefficients of the design, kgce per kWh, kg, m3, MJ; water 0.
CREATE TABLE final AS
    SELECT *, quantity / 1000 * CASE carrier
        WHEN 'electricity' THEN 0.1229 WHEN 'diesel' THEN 1.4571 WHEN 'gasoline' THEN 1.4714 WHEN 'natural_gas' THEN 1.33
        WHEN 'lpg' THEN 1.7143 WHEN 'raw_coal' THEN 0.7143 WHEN 'heat' THEN 0.03412 WHEN 'water' THEN 0 END::DOUBLE AS tce
    FROM energy_y
    WHERE supply <> 'resold';

-- Who should have filed, of a table `t` of year, province_code, entity_id.
CREATE MACRO due(t) AS TABLE
    WITH filed AS (SELECT DISTINCT year, province_code, entity_id FROM query_table(t)),
         pairs AS (SELECT province_code, entity_id, min(year) AS first, max(year) AS last FROM filed GROUP BY ALL)
    SELECT y.year, p.province_code, p.entity_id
    FROM years y CROSS JOIN pairs p
    WHERE p.first <= y.year
       OR (p.last > y.year AND EXISTS (SELECT 1 FROM filed f WHERE f.entity_id = p.entity_id AND f.year = y.year));

-- Province-years in which everyone filed both parts `a` and `b` (year, province_code, entity_id, kind, whole) as expected:
-- whoever files one is expected in the other if its kind is among the filers of that, and so is who used to file it.
CREATE MACRO matched(a, b, filers_a, filers_b) AS TABLE
    WITH one AS (SELECT * FROM query_table(a)), two AS (SELECT * FROM query_table(b)),
         due_one AS (SELECT year, province_code, entity_id FROM due(a)
                     UNION SELECT year, province_code, entity_id FROM two WHERE list_contains(filers_a, kind)),
         due_two AS (SELECT year, province_code, entity_id FROM due(b)
                     UNION SELECT year, province_code, entity_id FROM one WHERE list_contains(filers_b, kind)),
         missing AS (SELECT year, province_code FROM due_one d
                     WHERE NOT EXISTS (SELECT 1 FROM one o WHERE o.whole AND (o.year, o.province_code, o.entity_id) = (d.year, d.province_code, d.entity_id))
                     UNION
                     SELECT year, province_code FROM due_two d
                     WHERE NOT EXISTS (SELECT 1 FROM two o WHERE o.whole AND (o.year, o.province_code, o.entity_id) = (d.year, d.province_code, d.entity_id)))
    SELECT DISTINCT year, province_code FROM one
    WHERE whole
      AND (year, province_code) IN (SELECT (year, province_code) FROM two WHERE whole)
      AND (year, province_code) NOT IN (SELECT (year, province_code) FROM missing);
