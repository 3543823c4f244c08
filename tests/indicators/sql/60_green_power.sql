INSERT INTO result
    SELECT 'green.kwh', year, region_code, e.entity, e.dimension, e.member, sum(kwh)
    FROM (SELECT *, unnest([{'entity': NULL, 'dimension': NULL, 'member': NULL}, {'entity': entity_id, 'dimension': NULL, 'member': NULL},
                            {'entity': NULL, 'dimension': 'channel', 'member': channel}]) AS e FROM green_y) JOIN place USING (province_code)
    GROUP BY ALL;
INSERT INTO result
    SELECT 'green.tce', year, region_code, e, NULL, NULL, 0.1229::DOUBLE * sum(kwh) / 1000
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM green_y) JOIN place USING (province_code) GROUP BY ALL;

-- Green power in electricity, and in all energy: who files green power must have filed energy; who has ever filed green
-- power for a province must have gone on.
CREATE TABLE part_green AS SELECT year, province_code, entity_id, entity_kind AS kind, sum(kwh) AS amount, true AS whole FROM green_y GROUP BY ALL;
CREATE TABLE part_green_tce AS SELECT * REPLACE (0.1229::DOUBLE * amount / 1000 AS amount) FROM part_green;
CREATE TABLE part_electricity AS
    SELECT year, province_code, entity_id, entity_kind AS kind, sum(quantity) AS amount, bool_and(quantity IS NOT NULL) AS whole
    FROM final WHERE carrier = 'electricity' GROUP BY ALL;
CREATE TABLE part_all_energy AS
    SELECT year, province_code, entity_id, entity_kind AS kind, sum(tce) AS amount, bool_and(tce IS NOT NULL) AS whole FROM final GROUP BY ALL;
CREATE TABLE ok_green AS
    SELECT * FROM matched('part_green', 'part_electricity', ['none'], ['basic_telecom', 'tower', 'broadcast', 'idc', 'other']);
CREATE TABLE ok_green_energy AS
    SELECT * FROM matched('part_green', 'part_all_energy', ['none'], ['basic_telecom', 'tower', 'broadcast', 'idc', 'other']);
CREATE TABLE cells_g AS SELECT * FROM told_cells('ok_green', 'part_green', 'part_electricity');
CREATE TABLE cells_ge AS SELECT * FROM told_cells('ok_green_energy', 'part_green', 'part_all_energy');
INSERT INTO result
    SELECT 'green.share', n.year, n.region_code, n.entity, NULL, NULL, n.total / d.total
    FROM sum_of('part_green', 'cells_g', NULL) n
    JOIN sum_of('part_electricity', 'cells_g', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
INSERT INTO result
    SELECT 'green.share_energy', n.year, n.region_code, n.entity, NULL, NULL, n.total / d.total
    FROM sum_of('part_green_tce', 'cells_ge', NULL) n
    JOIN sum_of('part_all_energy', 'cells_ge', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
INSERT INTO result
    WITH by_channel AS (SELECT g.year, p.region_code, g.channel, sum(g.kwh) AS kwh
                        FROM green_y g JOIN ok_green USING (year, province_code) JOIN place p USING (province_code) GROUP BY ALL)
    SELECT 'green.share', n.year, n.region_code, NULL, 'channel', n.channel, n.kwh / d.total
    FROM by_channel n JOIN sum_of('part_electricity', 'cells_g', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND d.entity IS NULL;
