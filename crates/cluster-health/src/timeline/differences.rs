//! What differs between two pod templates, field by field.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::model::pod::{Container, Probe, Reference, Template};
use crate::name::Name;
use crate::untrusted;

/// More differences than these are another application.
const SHOWN: usize = 12;
const VALUE_CHARS: usize = 160;

/// `image of app: registry.example.com/app:1 -> registry.example.com/app:2`, in the order of the fields.
pub(super) fn differences(old: &Template, new: &Template) -> Vec<String> {
    let mut out = Vec::new();
    containers("container", &old.containers, &new.containers, &mut out);
    containers("init container", &old.init_containers, &new.init_containers, &mut out);
    let references = |all: &[Reference]| all.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    names("claims", &old.claims, &new.claims, &mut out);
    names("ConfigMaps", &references(&old.config_maps), &references(&new.config_maps), &mut out);
    names("Secrets", &references(&old.secrets), &references(&new.secrets), &mut out);
    names("hosts in the environment", &old.hosts, &new.hosts, &mut out);
    names("hosts in arguments and probes", &old.mentions, &new.mentions, &mut out);
    value("serviceAccountName", &old.service_account, &new.service_account, &mut out);
    value("schedulerName", &old.scheduler, &new.scheduler, &mut out);
    let more = out.len().saturating_sub(SHOWN);
    out.truncate(SHOWN);
    if more > 0 {
        out.push(format!("{more} more"));
    }
    out
}

fn containers(what: &str, old: &[Container], new: &[Container], out: &mut Vec<String>) {
    for container in new {
        let name = crate::pod_trouble::shown(&container.name);
        match old.iter().find(|other| other.name == container.name) {
            None => out.push(format!("{what} {name} added")),
            Some(before) => container_fields(name, before, container, out),
        }
    }
    let removed = old.iter().filter(|before| !new.iter().any(|container| container.name == before.name));
    out.extend(removed.map(|before| format!("{what} {} removed", crate::pod_trouble::shown(&before.name))));
}

fn container_fields(name: &str, old: &Container, new: &Container, out: &mut Vec<String>) {
    value(&format!("image of {name}"), &old.image, &new.image, out);
    for (path, before, after) in [
        ("requests.cpu", old.requests.cpu, new.requests.cpu),
        ("requests.memory", old.requests.memory, new.requests.memory),
        ("limits.cpu", old.limits.cpu, new.limits.cpu),
        ("limits.memory", old.limits.memory, new.limits.memory),
    ] {
        let words = |amount: Option<crate::quantity::Quantity>| amount.map_or("none".to_owned(), |it| it.to_string());
        value(&format!("{path} of {name}"), &words(before), &words(after), out);
    }
    let ports = |container: &Container| {
        container.ports.iter().map(|port| Name::from(port.number.to_string().as_str())).collect::<Vec<_>>()
    };
    names(&format!("ports of {name}"), &ports(old), &ports(new), out);
    probe(&format!("readinessProbe of {name}"), old.readiness.as_deref(), new.readiness.as_deref(), out);
    probe(&format!("livenessProbe of {name}"), old.liveness.as_deref(), new.liveness.as_deref(), out);
    probe(&format!("startupProbe of {name}"), old.startup.as_deref(), new.startup.as_deref(), out);
}

fn probe(what: &str, old: Option<&Probe>, new: Option<&Probe>, out: &mut Vec<String>) {
    match (old, new) {
        (None, Some(_)) => out.push(format!("{what} added")),
        (Some(_), None) => out.push(format!("{what} removed")),
        (Some(old), Some(new)) if old != new => out.push(format!("{what} changed")),
        _ => {}
    }
}

fn value(what: &str, old: &impl Display, new: &impl Display, out: &mut Vec<String>) {
    let (old, new) = (old.to_string(), new.to_string());
    if old != new {
        out.push(format!("{what}: {} -> {}", shown(&old), shown(&new)));
    }
}

/// Differences stand among typed words, so what is no plain value is not repeated.
fn shown(text: &str) -> String {
    match text {
        "" => "none".to_owned(),
        text if untrusted::is_plain(text) => untrusted::clean(text, VALUE_CHARS),
        _ => "(no plain value)".to_owned(),
    }
}

fn names(what: &str, old: &[Name], new: &[Name], out: &mut Vec<String>) {
    let (old, new): (BTreeSet<&Name>, BTreeSet<&Name>) = (old.iter().collect(), new.iter().collect());
    let list = |names: Vec<&&Name>| names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    let added = list(new.difference(&old).collect());
    let removed = list(old.difference(&new).collect());
    match (added.is_empty(), removed.is_empty()) {
        (true, true) => {}
        (false, true) => out.push(format!("{what}: added {added}")),
        (true, false) => out.push(format!("{what}: removed {removed}")),
        (false, false) => out.push(format!("{what}: {removed} -> {added}")),
    }
}
