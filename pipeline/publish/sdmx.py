"""The values of the indicators as SDMX-CSV 2.0, and their structure as SDMX-ML 3.0 (https://sdmx.org, section 3A and 7).

One series a year of indicator, area and part. What is withheld has NaN for its value, OBS_STATUS Q (missing, suppressed) and CONF_STATUS
C; primary and secondary suppression are not told apart, since that would say which cells are sensitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from pipeline.language.words import CHINESE
from pipeline.publish.codes import ENGLISH, Code, Codes
from pipeline.publish.taken import Edition

DATA, STRUCTURE = "sdmx/data.csv", "sdmx/structure.xml"
AGENCY, FLOW, VERSION = "GREEN_REPORT", "ICT_GREEN", "1.0.0"
_URN = "urn:sdmx:org.sdmx.infomodel"
_NAMESPACES = "".join(
    f' xmlns:{prefix}="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/{name}"'
    for prefix, name in (("mes", "message"), ("str", "structure"), ("com", "common"))
)
_STATUS = (Code("A", "正常", "Normal value"), Code("M", "没有数值", "Missing value"), Code("Q", "有数值，按保密规则不予公布", "Missing value; suppressed"))  # fmt: skip
_CONFIDENTIAL = (Code("F", "公开", "Free (free for publication)"), Code("C", "保密", "Confidential statistical information"))  # fmt: skip
_YEARLY = (Code("A", "年", "Annual"),)
DIMENSIONS = ("FREQ", "INDICATOR", "REF_AREA", "PART")
ATTRIBUTES = ("UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS")


def files(edition: Edition, values: pl.DataFrame, codes: Codes) -> dict[str, bytes]:
    """Data and structure. values: `whole.VALUES`."""
    return {DATA: _data(values, codes).encode(), STRUCTURE: structure(edition, codes).encode()}


def _data(values: pl.DataFrame, codes: Codes) -> str:
    def coded(column: str, known: Mapping[str, Code]) -> pl.Expr:
        return pl.col(column).replace_strict({name: code.id for name, code in known.items()}, return_dtype=pl.String)

    parts = pl.DataFrame(
        [(*part, code.id) for part, code in codes.parts.items()],
        schema={"dimension": pl.String, "member": pl.String, "PART": pl.String},
        orient="row",
    )
    value, withheld = pl.col("value"), pl.col("value").is_nan().fill_null(False)
    told = values.join(parts, on=["dimension", "member"], nulls_equal=True, maintain_order="left").select(
        STRUCTURE=pl.lit("dataflow"),
        STRUCTURE_ID=pl.lit(f"{AGENCY}:{FLOW}({VERSION})"),
        ACTION=pl.lit("I"),
        FREQ=pl.lit("A"),
        INDICATOR=coded("indicator_id", codes.indicators),
        REF_AREA=coded("region_code", codes.areas),
        PART="PART",
        TIME_PERIOD=pl.col("year").cast(pl.String),
        OBS_VALUE=value.fill_null(float("nan")),  # NaN is what a number is that is missing
        UNIT_MEASURE=coded("unit", codes.units),
        OBS_STATUS=pl.when(withheld).then(pl.lit("Q")).when(value.is_null()).then(pl.lit("M")).otherwise(pl.lit("A")),
        CONF_STATUS=pl.when(withheld).then(pl.lit("C")).otherwise(pl.lit("F")),
    )
    return told.write_csv(line_terminator="\r\n")


def structure(edition: Edition, codes: Codes) -> str:
    """The message: agency, codelists, concepts, data structure, dataflow."""
    lists = {
        "FREQ": ("频率", "Frequency", _YEARLY),
        "INDICATOR": ("指标", "Indicator", codes.indicators.values()),
        "REF_AREA": ("地区（GB/T 2260）", "Reference area (GB/T 2260)", codes.areas.values()),
        "PART": ("分项", "Part", codes.parts.values()),
        "UNIT_MEASURE": ("单位", "Unit of measure", codes.units.values()),
        "OBS_STATUS": ("数值状态", "Observation status", _STATUS),
        "CONF_STATUS": ("保密状态", "Confidentiality status", _CONFIDENTIAL),
    }
    concepts = {id: (zh, en) for id, (zh, en, _) in lists.items()}
    concepts |= {"TIME_PERIOD": ("年份", "Time period"), "OBS_VALUE": ("数值", "Observation value")}
    listed = "".join(_codelist(id, *told) for id, told in lists.items())
    named = "".join(
        f'<str:Concept id="{id}" urn="{_concept(id)}">{_names(zh, en)}</str:Concept>'
        for id, (zh, en) in concepts.items()
    )
    title = (CHINESE("site_values"), ENGLISH("site_values"))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<mes:Structure{_NAMESPACES}><mes:Header><mes:ID>{AGENCY}_{edition.year}</mes:ID>'
        f"<mes:Test>{str(edition.sample).lower()}</mes:Test><mes:Prepared>{edition.date}T00:00:00+08:00</mes:Prepared>"
        f'<mes:Sender id="{AGENCY}"/></mes:Header><mes:Structures>'
        f'<str:AgencySchemes><str:AgencyScheme id="AGENCIES" agencyID="SDMX" '
        f'urn="{_URN}.base.AgencyScheme=SDMX:AGENCIES(1.0)">{_names("机构", "Agencies")}'
        f'<str:Agency id="{AGENCY}" urn="{_URN}.base.Agency=SDMX:AGENCIES(1.0).{AGENCY}">'
        f"{_names(edition.publisher, edition.publisher)}</str:Agency></str:AgencyScheme></str:AgencySchemes>"
        f"<str:Codelists>{listed}</str:Codelists>"
        f"<str:ConceptSchemes>{_opened('ConceptScheme', 'conceptscheme', 'CONCEPTS')}{_names('概念', 'Concepts')}{named}"
        f"</str:ConceptScheme></str:ConceptSchemes>"
        f"<str:Dataflows>{_opened('Dataflow', 'datastructure', FLOW)}{_names(*title)}"
        f"<str:Structure>{_URN}.datastructure.DataStructure={AGENCY}:{FLOW}({VERSION})</str:Structure></str:Dataflow></str:Dataflows>"
        f"<str:DataStructures>{_opened('DataStructure', 'datastructure', FLOW)}{_names(*title)}{_components()}"
        "</str:DataStructure></str:DataStructures></mes:Structures></mes:Structure>\n"
    )


def _components() -> str:
    place = f"{_URN}.datastructure"
    inside = f"{AGENCY}:{FLOW}({VERSION})"

    def coded(id: str) -> str:
        enumeration = f"<str:Enumeration>{_URN}.codelist.Codelist={AGENCY}:CL_{id}({VERSION})</str:Enumeration>"
        return _identity(id) + f"<str:LocalRepresentation>{enumeration}</str:LocalRepresentation>"

    dimensions = "".join(
        f'<str:Dimension id="{id}" urn="{place}.Dimension={inside}.{id}" position="{at}">{coded(id)}</str:Dimension>'
        for at, id in enumerate(DIMENSIONS, 1)
    )
    attributes = "".join(
        f'<str:Attribute id="{id}" urn="{place}.DataAttribute={inside}.{id}" usage="mandatory">{coded(id)}'
        "<str:AttributeRelationship><str:Observation/></str:AttributeRelationship></str:Attribute>"
        for id in ATTRIBUTES
    )
    return (
        f'<str:DataStructureComponents><str:DimensionList id="DimensionDescriptor" '
        f'urn="{place}.DimensionDescriptor={inside}.DimensionDescriptor">{dimensions}'
        f'<str:TimeDimension id="TIME_PERIOD" urn="{place}.TimeDimension={inside}.TIME_PERIOD">{_identity("TIME_PERIOD")}'
        '<str:LocalRepresentation><str:TextFormat textType="ObservationalTimePeriod"/></str:LocalRepresentation>'
        f'</str:TimeDimension></str:DimensionList><str:AttributeList id="AttributeDescriptor" '
        f'urn="{place}.AttributeDescriptor={inside}.AttributeDescriptor">{attributes}</str:AttributeList>'
        f'<str:MeasureList id="MeasureDescriptor" urn="{place}.MeasureDescriptor={inside}.MeasureDescriptor">'
        f'<str:Measure id="OBS_VALUE" urn="{place}.Measure={inside}.OBS_VALUE">{_identity("OBS_VALUE")}'
        '<str:LocalRepresentation><str:TextFormat textType="Double"/></str:LocalRepresentation></str:Measure>'
        "</str:MeasureList></str:DataStructureComponents>"
    )


def _codelist(id: str, zh: str, en: str, listed: Iterable[Code]) -> str:
    named = f"CL_{id}"
    codes = "".join(
        f'<str:Code id="{code.id}" urn="{_URN}.codelist.Code={AGENCY}:{named}({VERSION}).{code.id}">'
        f"{_notes(code)}{_names(code.zh, code.en)}{_about(code)}</str:Code>"
        for code in listed
    )
    return f"{_opened('Codelist', 'codelist', named)}{_names(zh, en)}{codes}</str:Codelist>"


def _notes(code: Code) -> str:
    told = {"ISO_3166_2": code.also, "UNIT_MEASURE": code.unit}
    notes = "".join(
        f'<com:Annotation id="{id}"><com:AnnotationTitle>{escape(text)}</com:AnnotationTitle></com:Annotation>'
        for id, text in told.items()
        if text
    )
    return f"<com:Annotations>{notes}</com:Annotations>" if notes else ""


def _about(code: Code) -> str:
    return f'<com:Description xml:lang="zh">{escape(code.about)}</com:Description>' if code.about else ""


def _opened(kind: str, package: str, id: str) -> str:
    urn = quoteattr(f"{_URN}.{package}.{kind}={AGENCY}:{id}({VERSION})")
    return f'<str:{kind} id="{id}" agencyID="{AGENCY}" version="{VERSION}" urn={urn}>'


def _identity(id: str) -> str:
    return f"<str:ConceptIdentity>{_concept(id)}</str:ConceptIdentity>"


def _concept(id: str) -> str:
    return f"{_URN}.conceptscheme.Concept={AGENCY}:CONCEPTS({VERSION}).{id}"


def _names(zh: str, en: str) -> str:
    return f'<com:Name xml:lang="zh">{escape(zh)}</com:Name><com:Name xml:lang="en">{escape(en)}</com:Name>'
