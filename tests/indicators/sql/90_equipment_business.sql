-- Equipment: ages weighed by number, energy of a unit without what entered in the year; businesses: energy, electricity, CO2.
CREATE TABLE equipment_y AS
    SELECT e.*, greatest(e.year - commissioned_year, 0) AS years, energy_kwh * f.factor / 1000 AS tco2,
           CASE equipment_type WHEN 'radio_5g' THEN '5G基站主设备' WHEN 'radio_4g' THEN '4G基站主设备' WHEN 'olt' THEN 'OLT' WHEN 'router' THEN '路由器/交换机'
               WHEN 'transmission_200g' THEN '200G传输设备' WHEN 'transmission_400g' THEN '400G传输设备' WHEN 'server' THEN '服务器'
               WHEN 'storage' THEN '存储设备' WHEN 'rectifier' THEN '开关电源' WHEN 'air_conditioner' THEN '空调' WHEN 'battery_lead' THEN '铅酸电池'
               WHEN 'battery_lithium' THEN '锂电池' WHEN 'battery_cascade' THEN '梯次电池' ELSE '其他设备' END || ' ' || commissioned_year AS vintage
    FROM equipment e
    LEFT JOIN factor f ON f.year = e.year AND f.region_code = e.province_code AND f.kind = 'average';
CREATE TABLE units AS
    SELECT year, region_code, e, one.d AS d, one.m AS m, sum(energy_kwh) AS kwh, sum(tco2) AS tco2, sum(quantity) AS n,
           sum(quantity * years) AS unit_years, sum(quantity) FILTER (WHERE years > 8) AS old, sum(retired) AS retired,
           sum(recycled_kg) / 1000 AS recycled, sum(energy_kwh) FILTER (WHERE commissioned_year < year AND quantity > 0) AS full_kwh,
           sum(quantity) FILTER (WHERE commissioned_year < year) AS full_n
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM equipment_y) JOIN place USING (province_code),
         unnest([{'d': NULL, 'm': NULL}, {'d': 'equipment_type', 'm': equipment_type}, {'d': 'vendor', 'm': vendor},
                 {'d': 'facility_type', 'm': facility_type}, {'d': 'vintage', 'm': vintage}]) AS t(one)
    GROUP BY ALL;
INSERT INTO result SELECT 'equipment.electricity', year, region_code, e, d, m, kwh FROM units;
INSERT INTO result SELECT 'equipment.co2', year, region_code, e, d, m, tco2 FROM units;
INSERT INTO result SELECT 'equipment.quantity', year, region_code, e, d, m, n FROM units;
INSERT INTO result SELECT 'equipment.years', year, region_code, e, d, m, unit_years / n FROM units;
INSERT INTO result SELECT 'equipment.old_share', year, region_code, e, d, m, coalesce(old, 0) / n FROM units;
INSERT INTO result SELECT 'equipment.retired', year, region_code, e, d, m, retired FROM units;
INSERT INTO result SELECT 'equipment.recycled', year, region_code, e, d, m, recycled FROM units;
INSERT INTO result SELECT 'equipment.per_unit', year, region_code, e, d, m, full_kwh / full_n FROM units;

CREATE TABLE business_y AS
    SELECT b.year, b.entity_id, b.province_code, business, carrier, allocation, entities.kind AS kind,
           CASE WHEN max(month) = 0 OR count(DISTINCT month) = 12 THEN sum(quantity) END AS quantity,
           any_value(f.factor) AS factor
    FROM business b JOIN entities USING (entity_id)
    LEFT JOIN factor f ON f.year = b.year AND f.region_code = b.province_code AND f.kind = 'average'
    WHERE NOT is_control
    GROUP BY ALL;
CREATE TABLE by_business AS
    SELECT year, region_code, e, one.d AS d, one.m AS m, sum(quantity * CASE carrier WHEN 'electricity' THEN 0.1229 WHEN 'diesel' THEN 1.4571 END / 1000) AS tce,
           sum(quantity) FILTER (WHERE carrier = 'electricity') AS kwh, sum(quantity * factor / 1000) FILTER (WHERE carrier = 'electricity') AS tco2,
           sum(quantity) FILTER (WHERE carrier = 'electricity' AND business = 'mobile' AND kind = 'basic_telecom') AS mobile,
           sum(quantity * factor / 1000) FILTER (WHERE carrier = 'electricity' AND business = 'mobile' AND kind = 'basic_telecom') AS mobile_tco2
    FROM (SELECT *, unnest([NULL, entity_id]) AS e FROM business_y) JOIN place USING (province_code),
         unnest([{'d': NULL, 'm': NULL}, {'d': 'business', 'm': business}, {'d': 'carrier', 'm': carrier}, {'d': 'allocation', 'm': allocation}]) AS t(one)
    GROUP BY ALL;
INSERT INTO result SELECT 'business.energy', year, region_code, e, d, m, tce FROM by_business;
INSERT INTO result SELECT 'business.electricity', year, region_code, e, d, m, kwh FROM by_business;
INSERT INTO result SELECT 'business.co2', year, region_code, e, d, m, tco2 FROM by_business;
INSERT INTO result SELECT 'business.mobile_electricity', year, region_code, e, d, m, mobile FROM by_business WHERE d IS NULL;
INSERT INTO result SELECT 'business.mobile_co2', year, region_code, e, d, m, mobile_tco2 FROM by_business WHERE d IS NULL;

-- Mobile services per traffic of all who carry any; operators that file traffic are expected to file businesses.
CREATE TABLE part_traffic AS
    SELECT year, province_code, entity_id, entity_kind AS kind, sum(value) AS amount, bool_and(value IS NOT NULL) AS whole
    FROM activity_y WHERE metric = 'mobile_traffic' GROUP BY ALL;
CREATE TABLE part_mobile AS
    SELECT year, province_code, entity_id, kind, sum(quantity) AS amount, bool_and(quantity IS NOT NULL) AS whole
    FROM business_y WHERE carrier = 'electricity' AND business = 'mobile' AND kind = 'basic_telecom' GROUP BY ALL;
CREATE TABLE part_mobile_co2 AS
    SELECT year, province_code, entity_id, kind, sum(quantity * factor / 1000) AS amount, bool_and(quantity * factor IS NOT NULL) AS whole
    FROM business_y WHERE carrier = 'electricity' AND business = 'mobile' AND kind = 'basic_telecom' GROUP BY ALL;
CREATE TABLE ok_mobile AS SELECT * FROM matched('part_mobile', 'part_traffic', ['basic_telecom'], ['basic_telecom', 'tower', 'broadcast', 'idc', 'other']);
CREATE TABLE cells_mobile AS SELECT * FROM told_cells('ok_mobile', 'part_mobile', 'part_traffic');
INSERT INTO result
    SELECT 'business.mobile_per_traffic', n.year, n.region_code, n.entity, NULL, NULL, n.total / d.total
    FROM sum_of('part_mobile', 'cells_mobile', NULL) n
    JOIN sum_of('part_traffic', 'cells_mobile', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
CREATE TABLE ok_mobile_co2 AS SELECT * FROM matched('part_mobile_co2', 'part_traffic', ['basic_telecom'], ['basic_telecom', 'tower', 'broadcast', 'idc', 'other']);
CREATE TABLE cells_mobile_co2 AS SELECT * FROM told_cells('ok_mobile_co2', 'part_mobile_co2', 'part_traffic');
INSERT INTO result
    SELECT 'business.mobile_co2_per_traffic', n.year, n.region_code, n.entity, NULL, NULL, 1000 * n.total / d.total
    FROM sum_of('part_mobile_co2', 'cells_mobile_co2', NULL) n
    JOIN sum_of('part_traffic', 'cells_mobile_co2', NULL) d ON n.year = d.year AND n.region_code = d.region_code AND n.entity IS NOT DISTINCT FROM d.entity;
