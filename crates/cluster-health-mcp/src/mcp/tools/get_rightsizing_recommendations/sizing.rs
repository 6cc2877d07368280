//! From what a container used to what it should request. No I/O.

use cluster_health::model::pod::Container;
use cluster_health::quantity::Quantity;

/// What was measured of a container, or of several of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Use {
    /// P95, cores.
    pub cpu: Option<f64>,
    pub cpu_peak: Option<f64>,
    /// P95, bytes.
    pub memory: Option<f64>,
    pub memory_peak: Option<f64>,
    pub hours: u64,
    pub killed: bool,
}

impl Use {
    pub(super) fn most(self, other: &Self) -> Self {
        let most = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self {
            cpu: most(self.cpu, other.cpu),
            cpu_peak: most(self.cpu_peak, other.cpu_peak),
            memory: most(self.memory, other.memory),
            memory_peak: most(self.memory_peak, other.memory_peak),
            hours: self.hours.max(other.hours),
            killed: self.killed || other.killed,
        }
    }
}

/// What is recommended; nothing where too little was measured, or where it is right already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizing {
    pub cpu: &'static str,
    pub memory: &'static str,
    pub cpu_request: Option<Quantity>,
    pub cpu_limit: Option<Quantity>,
    pub memory_request: Option<Quantity>,
    pub memory_limit: Option<Quantity>,
}

/// A request of more than so many times the P95 wastes; of less than that share of it is missing when it counts.
const OVER: f64 = 2.0;
const UNDER: f64 = 0.8;

/// Memory beyond the peak: it has to last until somebody looks again.
const HEADROOM: f64 = 1.2;

/// A container that was killed at its limit wanted more than was ever measured.
const AFTER_KILL: f64 = 1.5;

/// Requests are given in steps of so many millicores and mebibytes, and never below one step.
const CPU_STEP: f64 = 10.0;
const MEMORY_STEP: f64 = 8.0;

impl Sizing {
    pub(super) fn of(used: &Use, spec: Option<&Container>, least_hours: u64) -> Self {
        let mut sizing = Self {
            cpu: "unknown",
            memory: "unknown",
            cpu_request: None,
            cpu_limit: None,
            memory_request: None,
            memory_limit: None,
        };
        let Some(spec) = spec.filter(|_| used.hours >= least_hours) else { return sizing };
        let (requests, limits) = (spec.requests, spec.limits);
        if let Some(p95) = used.cpu {
            sizing.cpu = word(requests.cpu.map(|it| it.millis() as f64 / 1000.0), p95);
            if sizing.cpu != "right-sized" {
                sizing.cpu_request = Some(cpu(p95));
                sizing.cpu_limit = limits.cpu.map(|_| cpu(used.cpu_peak.unwrap_or(p95).max(p95)));
            }
        }
        if let Some(p95) = used.memory {
            sizing.memory = word(requests.memory.map(|it| it.millis() as f64 / 1000.0), p95);
            if used.killed {
                sizing.memory = "under-provisioned";
            }
            if sizing.memory != "right-sized" {
                let peak = used.memory_peak.unwrap_or(p95).max(p95) * HEADROOM;
                let limit = limits.memory.map(|it| it.millis() as f64 / 1000.0 * AFTER_KILL).filter(|_| used.killed);
                sizing.memory_request = Some(memory(p95));
                sizing.memory_limit = Some(memory(limit.unwrap_or(0.0).max(peak)));
            }
        }
        sizing
    }
}

fn word(request: Option<f64>, p95: f64) -> &'static str {
    match request {
        None => "no-request",
        Some(request) if request > OVER * p95 && request * 1000.0 > CPU_STEP => "over-provisioned",
        Some(request) if request < UNDER * p95 => "under-provisioned",
        Some(_) => "right-sized",
    }
}

fn cpu(cores: f64) -> Quantity {
    Quantity::from_millis(((cores * 1000.0 / CPU_STEP).ceil().max(1.0) * CPU_STEP) as i64)
}

fn memory(bytes: f64) -> Quantity {
    let mebibytes = (bytes / f64::from(1 << 20) / MEMORY_STEP).ceil().max(1.0) * MEMORY_STEP;
    Quantity::from_millis((mebibytes as i64).saturating_mul(1 << 20).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(used: &Use, cpu: Option<&str>, memory: Option<&str>) -> Sizing {
        let amounts = |cpu: Option<&str>, memory: Option<&str>| cluster_health::model::pod::Amounts {
            cpu: cpu.and_then(Quantity::parse),
            memory: memory.and_then(Quantity::parse),
            gpus: None,
        };
        let spec = Container {
            name: "a".into(),
            image: "".into(),
            requests: amounts(cpu, memory),
            limits: amounts(cpu, memory),
            ports: Box::default(),
            readiness: None,
            liveness: None,
            startup: None,
            sidecar: false,
        };
        Sizing::of(used, Some(&spec), 24)
    }

    #[test]
    fn sizes_follow_what_was_used() {
        let mebi = |count: f64| Some(count * f64::from(1 << 20));
        let used = Use {
            cpu: Some(0.1),
            cpu_peak: Some(0.305),
            memory: mebi(100.0),
            memory_peak: mebi(150.0),
            hours: 24,
            killed: false,
        };
        let shown = |it: Option<Quantity>| it.map(|it| it.to_string()).unwrap_or_default();
        let over = sized(&used, Some("1"), Some("1Gi"));
        assert_eq!((over.cpu, over.memory), ("over-provisioned", "over-provisioned"));
        assert_eq!((shown(over.cpu_request), shown(over.cpu_limit)), ("100m".to_owned(), "310m".to_owned()));
        assert_eq!((shown(over.memory_request), shown(over.memory_limit)), ("104Mi".to_owned(), "184Mi".to_owned()));
        let right = sized(&used, Some("150m"), Some("128Mi"));
        assert_eq!((right.cpu, right.memory, right.memory_limit), ("right-sized", "right-sized", None));
        let under = sized(&used, Some("50m"), None);
        assert_eq!((under.cpu, under.memory), ("under-provisioned", "no-request"));
        let killed = sized(&Use { killed: true, ..used }, Some("150m"), Some("160Mi"));
        assert_eq!((killed.memory, shown(killed.memory_limit)), ("under-provisioned", "240Mi".to_owned()));
        assert_eq!(sized(&Use { hours: 23, ..used }, Some("1"), None).cpu, "unknown");
    }
}
