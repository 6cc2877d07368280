//! Prometheus' JSON, taken at its word only where the words are of the right type.

use std::collections::BTreeMap;

use cluster_health::ordered::Ordered;
use cluster_health::untrusted;
use serde::Deserialize;

use super::{Found, NAME, SERIES, Series};
use crate::integrations::Away;

#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Matrix(Vec<Row>),
    Vector(Vec<Row>),
    Scalar(Sample),
    String(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Sample>,
    #[serde(default)]
    value: Option<Sample>,
}

/// Seconds, and the value as text.
#[derive(Deserialize)]
struct Sample(f64, String);

pub(super) fn read(body: &[u8]) -> Result<Found, Away> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| Away::garbled(NAME, error))?;
    if envelope.status != "success" {
        return Err(Away::garbled(NAME, format!("status {:?}: {}", envelope.status, envelope.error)));
    }
    let rows = match envelope.data.ok_or_else(|| Away::garbled(NAME, "no data"))? {
        Data::Matrix(rows) | Data::Vector(rows) => rows,
        Data::Scalar(value) => vec![Row { metric: BTreeMap::new(), values: Vec::new(), value: Some(value) }],
        Data::String(_) => return Err(Away::garbled(NAME, "a text where numbers were asked for")),
    };
    if rows.len() > SERIES {
        return Err(Away::TooLarge { service: NAME, limit: format!("{SERIES} series") });
    }
    let mut series = rows.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    series.put_in_order_by(|a, b| a.labels.cmp(&b.labels));
    let warnings = envelope.warnings.iter().take(3).map(|warning| untrusted::clean(warning, 160)).collect();
    Ok(Found { series, warnings })
}

fn one(row: Row) -> Result<Series, Away> {
    let mut series = Series { labels: row.metric, ..Series::default() };
    for Sample(at, text) in row.values.into_iter().chain(row.value) {
        let value: f64 = text.parse().map_err(|_| Away::garbled(NAME, format!("{text:?} is not a number")))?;
        if !at.is_finite() || at.abs() > 1e11 {
            return Err(Away::garbled(NAME, format!("{at} is not a time")));
        }
        if value.is_finite() {
            series.points.push((at.round() as i64, value));
        } else {
            series.unusable += 1;
        }
    }
    series.points.put_in_order_by_key(|(at, _)| *at);
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(result: &str) -> Result<Found, Away> {
        read(format!(r#"{{"status":"success","data":{result},"warnings":["one <b> is away"]}}"#).as_bytes())
    }

    #[test]
    fn reads_every_form_and_keeps_what_is_a_number() {
        let found = answer(
            r#"{"resultType":"matrix","result":[
                {"metric":{"pod":"b"},"values":[[20.4,"2"],[10,"1e3"],[30,"NaN"],[40,"+Inf"]]},
                {"metric":{"pod":"a"},"values":[]}]}"#,
        )
        .unwrap();
        assert_eq!(found.series[0].label("pod"), "a");
        assert_eq!((&*found.series[1].points, found.series[1].unusable), (&[(10, 1000.0), (20, 2.0)][..], 2));
        assert_eq!(found.warnings, ["one ‹b› is away"]);
        let found = answer(r#"{"resultType":"vector","result":[{"metric":{},"value":[1.5,"3"]}]}"#).unwrap();
        assert_eq!(found.series[0].last(), Some(3.0));
        assert_eq!(answer(r#"{"resultType":"scalar","result":[1,"4"]}"#).unwrap().series[0].last(), Some(4.0));
    }

    #[test]
    fn lies_are_not_believed() {
        for lie in [
            r#"{"resultType":"matrix","result":{"a":1}}"#,
            r#"{"resultType":"matrix","result":[{"metric":{"a":1},"values":[]}]}"#,
            r#"{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}"#,
            r#"{"resultType":"vector","result":[{"metric":{},"value":["1","2"]}]}"#,
            r#"{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}"#,
            r#"{"resultType":"vector","result":[{"metric":{},"value":[1e300,"1"]}]}"#,
            r#"{"resultType":"string","result":[1,"x"]}"#,
            r#"{"resultType":"tensor","result":[]}"#,
            "null",
            "[]",
        ] {
            assert!(matches!(answer(lie), Err(Away::Garbled { .. })), "{lie}");
        }
        for page in ["", "<html>login</html>", r#"{"status":"error","error":"x"}"#, "{}"] {
            assert!(matches!(read(page.as_bytes()), Err(Away::Garbled { .. })), "{page}");
        }
        let rows = vec![r#"{"metric":{},"value":[1,"1"]}"#; SERIES + 1].join(",");
        let many = answer(&format!(r#"{{"resultType":"vector","result":[{rows}]}}"#));
        assert!(matches!(many, Err(Away::TooLarge { .. })));
    }
}
