//! Amounts of CPU and memory, as people write them.

use cluster_health::model::pod::Amounts;
use cluster_health::quantity::Quantity;
use schemars::JsonSchema;
use serde::Serialize;

/// CPU in cores or millicores, memory in whole mebibytes or larger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AmountWords {
    /// Absent when nothing is stated
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

impl From<Amounts> for AmountWords {
    fn from(amounts: Amounts) -> Self {
        Self { cpu: amounts.cpu.map(|cpu| cpu.to_string()), memory: amounts.memory.map(memory) }
    }
}

impl AmountWords {
    /// Such as `200m CPU and 128Mi memory`.
    pub fn words(&self) -> String {
        match (&self.cpu, &self.memory) {
            (Some(cpu), Some(memory)) => format!("{cpu} CPU and {memory} memory"),
            (Some(cpu), None) => format!("{cpu} CPU and no stated memory"),
            (None, Some(memory)) => format!("{memory} memory and no stated CPU"),
            (None, None) => "no stated CPU or memory".to_owned(),
        }
    }
}

/// Exact where a suffix is, else in mebibytes, rounded down.
pub fn memory(amount: Quantity) -> String {
    const MEBI: i64 = 1024 * 1024;
    let bytes = amount.millis() / 1000;
    if bytes >= MEBI && bytes % MEBI != 0 {
        return Quantity::from_millis((bytes / MEBI).saturating_mul(MEBI).saturating_mul(1000)).to_string();
    }
    amount.to_string()
}

/// An amount of a resource that a quota names, such as `requests.memory` or `pods`.
pub fn of_resource(resource: &str, amount: Quantity) -> String {
    if resource.ends_with("memory") { memory(amount) } else { amount.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_are_shown_in_mebibytes() {
        for (given, shown) in [("8133881856", "7757Mi"), ("8Gi", "8Gi"), ("100", "100"), ("1500Mi", "1500Mi")] {
            assert_eq!(memory(Quantity::parse(given).unwrap()), shown);
        }
        assert_eq!(of_resource("requests.cpu", Quantity::parse("1500m").unwrap()), "1500m");
    }
}
