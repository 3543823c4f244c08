CREATE TABLE told AS
    SELECT s.*, p.region_code, t.dimension, t.member, t.entity
    FROM (SELECT *, unnest([
              {'entity': NULL, 'dimension': NULL, 'member': NULL},
              {'entity': entity_id, 'dimension': NULL, 'member': NULL},
              {'entity': NULL, 'dimension': 'generation', 'member': generation}]) AS t FROM stations_y) s
    JOIN place p USING (province_code);

INSERT INTO result SELECT 'bs.efficiency_5g', year, region_code, entity, dimension, member, 1000 * sum(traffic_tb) / nullif(sum(energy_kwh), 0)
    FROM told WHERE generation = '5G' GROUP BY ALL;
INSERT INTO result SELECT 'bs.data_energy_efficiency_5g', year, region_code, entity, dimension, member, sum(traffic_tb) * 8e12 / nullif(sum(energy_kwh) * 3.6e6, 0)
    FROM told WHERE generation = '5G' GROUP BY ALL;
INSERT INTO result SELECT 'bs.energy_per_station', year, region_code, entity, dimension, member, sum(energy_kwh) / nullif(sum(stations), 0)
    FROM told WHERE generation = '5G' GROUP BY ALL;
INSERT INTO result SELECT 'bs.stations', year, region_code, entity, dimension, member, sum(stations) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'bs.traffic', year, region_code, entity, dimension, member, sum(traffic_tb) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'bs.electricity', year, region_code, entity, dimension, member, sum(energy_kwh) FROM told GROUP BY ALL;
INSERT INTO result SELECT 'bs.monitored_share', year, region_code, entity, dimension, member, sum(monitored) / nullif(sum(stations), 0)
    FROM told WHERE monitored IS NOT NULL GROUP BY ALL;

-- Changes since 2020: provinces in which everyone who is expected filed 5G stations, in both years.
CREATE TABLE part_bs AS
    SELECT year, province_code, entity_id, '' AS kind, bool_and(energy_kwh IS NOT NULL) AS whole
    FROM stations_y WHERE generation = '5G' GROUP BY ALL;
CREATE TABLE ok AS SELECT * FROM matched('part_bs', 'part_bs', ['none'], ['none']);
CREATE TABLE five AS
    SELECT s.year, s.province_code, s.entity_id, p.region_code, traffic_tb, energy_kwh, stations
    FROM stations_y s JOIN place p USING (province_code) WHERE generation = '5G';
CREATE TABLE changes AS
    WITH pairs AS (SELECT year, province_code FROM ok WHERE province_code IN (SELECT province_code FROM ok WHERE year = 2020)),
         own AS (SELECT year, province_code, entity_id FROM part_bs WHERE whole
                 AND (province_code, entity_id) IN (SELECT (province_code, entity_id) FROM part_bs WHERE whole AND year = 2020)),
         now AS (SELECT year, region_code, NULL AS entity, sum(traffic_tb) AS traffic, sum(energy_kwh) AS kwh, sum(stations) AS stations
                 FROM five JOIN pairs USING (year, province_code) GROUP BY ALL
                 UNION ALL
                 SELECT year, region_code, entity_id, sum(traffic_tb), sum(energy_kwh), sum(stations)
                 FROM five JOIN own USING (year, province_code, entity_id) GROUP BY ALL),
         base AS (SELECT pairs.year, region_code, NULL AS entity, sum(traffic_tb) AS traffic, sum(energy_kwh) AS kwh, sum(stations) AS stations
                  FROM five JOIN pairs USING (province_code) WHERE five.year = 2020 GROUP BY ALL
                  UNION ALL
                  SELECT own.year, region_code, entity_id, sum(traffic_tb), sum(energy_kwh), sum(stations)
                  FROM five JOIN own USING (province_code, entity_id) WHERE five.year = 2020 GROUP BY ALL)
    SELECT now.year, now.region_code, now.entity,
           (now.traffic / now.kwh) / (base.traffic / base.kwh) - 1 AS gain,
           (now.kwh / now.stations) / (base.kwh / base.stations) - 1 AS per_station
    FROM now JOIN base ON now.year = base.year AND now.region_code = base.region_code AND now.entity IS NOT DISTINCT FROM base.entity;
INSERT INTO result SELECT 'bs.efficiency_gain_5g', year, region_code, entity, NULL, NULL, gain FROM changes;
INSERT INTO result SELECT 'bs.energy_per_station.change', year, region_code, entity, NULL, NULL, per_station FROM changes;
DROP TABLE told; DROP TABLE ok; DROP TABLE five; DROP TABLE changes;
