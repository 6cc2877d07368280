//! Probes in words, and what about them cannot work.

use crate::model::pod::{Container, Probe, ProbeKind};
use crate::model::wire::IntOrString;
use crate::pod_trouble::shown;

/// `HTTP port 8080 /healthz, every 10s, 1s to answer, fails after 3`
pub fn words(probe: &Probe) -> String {
    let kind = match probe.kind {
        ProbeKind::Http if probe.scheme == "HTTPS" => "HTTPS",
        ProbeKind::Http => "HTTP",
        ProbeKind::Tcp => "TCP",
        ProbeKind::Grpc => "gRPC",
        ProbeKind::Exec => "a command",
    };
    let port = match &probe.port {
        Some(IntOrString::Int(port)) => format!(" port {port}"),
        Some(IntOrString::String(port)) => format!(" port {}", shown(port)),
        None => String::new(),
    };
    let path = match &*probe.path {
        "" => String::new(),
        path if crate::untrusted::is_plain(path) => format!(" {}", crate::untrusted::clean(path, 80)),
        _ => " (a path of other signs)".to_owned(),
    };
    format!(
        "{kind}{port}{path}, every {}s, {}s to answer, fails after {}",
        probe.period_seconds, probe.timeout_seconds, probe.failure_threshold
    )
}

/// Why a probe cannot pass, as far as the container's own declarations tell: a port by a name it does not have, a number
/// it does not declare beside others, or HTTP where the port is named for HTTPS and the other way round.
pub fn contradiction(container: &Container, probe: &Probe) -> Option<String> {
    let ports = &container.ports;
    let declared = match probe.port.as_ref()? {
        IntOrString::String(name) => {
            if let Some(unknown) = unknown_port(container, probe) {
                return Some(format!("none is named {}, which it asks for", shown(unknown)));
            }
            ports.iter().find(|port| *port.name == **name)
        }
        IntOrString::Int(number) => {
            let declared = ports.iter().find(|port| i64::from(port.number) == *number);
            if declared.is_none() && !ports.is_empty() && probe.kind != ProbeKind::Tcp {
                return Some(format!("{number}, which it asks for, is not among them (likely)"));
            }
            declared
        }
    }?;
    let tls = match &*declared.name {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let mismatch = probe.kind == ProbeKind::Http && tls != (probe.scheme == "HTTPS");
    mismatch
        .then(|| format!("it is named {}, and the probe speaks {}", declared.name, if tls { "HTTP" } else { "HTTPS" }))
}

/// The port a probe asks for by a name that the container has not: that probe can never pass.
pub fn unknown_port<'p>(container: &Container, probe: &'p Probe) -> Option<&'p str> {
    let Some(IntOrString::String(name)) = &probe.port else { return None };
    (!container.ports.iter().any(|port| *port.name == **name)).then_some(name)
}

/// How long a container has to run before the probe may call it failed, in seconds.
pub fn patience(probe: &Probe) -> u64 {
    u64::from(probe.initial_delay_seconds)
        + u64::from(probe.period_seconds) * u64::from(probe.failure_threshold.saturating_sub(1))
}
