//! What one pod asks for, container by container, and where it may run.

use crate::model::pod::{Amounts, Container, Placement, Template};
use crate::quantity::Quantity;

#[derive(Clone, Debug, Default)]
pub struct Shape<'a> {
    pub parts: Vec<Part>,
    /// Any node will do where there is none.
    pub placement: Option<&'a Placement>,
    /// Ports of the node itself: a node takes one such pod.
    pub host_ports: Vec<u16>,
}

/// A container.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    pub requests: Amounts,
    pub limits: Amounts,
    /// It runs along with the others; an init container that ends does not.
    pub stays: bool,
}

impl<'a> Shape<'a> {
    /// One container whose requests are its limits.
    pub fn uniform(amounts: Amounts) -> Self {
        let part = Part { requests: amounts, limits: amounts, stays: true };
        Self { parts: vec![part], ..Self::default() }
    }

    pub fn of(template: &'a Template) -> Self {
        let part = |container: &Container, stays: bool| Part {
            // The API takes a limit for a request that is not there.
            requests: or(container.requests, container.limits),
            limits: container.limits,
            stays,
        };
        let containers = template.containers.iter().map(|container| part(container, true));
        let init = template.init_containers.iter().map(|container| part(container, container.sidecar));
        let ports = template.containers.iter().flat_map(|container| &container.ports);
        Self {
            parts: containers.chain(init).collect(),
            placement: template.placement.as_deref(),
            host_ports: ports.map(|port| port.host).filter(|port| *port != 0).collect(),
        }
    }

    /// What the scheduler and quotas count.
    pub fn requests(&self) -> Amounts {
        self.total(|part| part.requests)
    }

    pub fn limits(&self) -> Amounts {
        self.total(|part| part.limits)
    }

    /// The containers that stay together, or the largest that passes if that is more.
    fn total(&self, of: impl Fn(&Part) -> Amounts) -> Amounts {
        let stay = self.parts.iter().filter(|part| part.stays);
        let sum = stay.fold(Amounts::default(), |sum, part| sum.plus(of(part)));
        let passing = self.parts.iter().filter(|part| !part.stays);
        passing.fold(sum, |sum, part| largest(sum, of(part)))
    }
}

fn largest(a: Amounts, b: Amounts) -> Amounts {
    Amounts { cpu: a.cpu.max(b.cpu), memory: a.memory.max(b.memory), gpus: a.gpus.max(b.gpus) }
}

fn or(a: Amounts, b: Amounts) -> Amounts {
    Amounts { cpu: a.cpu.or(b.cpu), memory: a.memory.or(b.memory), gpus: a.gpus.or(b.gpus) }
}

impl Amounts {
    /// By the name quotas and ranges give it.
    pub(super) fn get(&self, resource: &str) -> Option<Quantity> {
        match resource {
            "cpu" => self.cpu,
            "memory" => self.memory,
            "nvidia.com/gpu" => self.gpus,
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, resource: &str) -> Option<&mut Option<Quantity>> {
        match resource {
            "cpu" => Some(&mut self.cpu),
            "memory" => Some(&mut self.memory),
            _ => None,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        let left = |a: Option<Quantity>, b: Option<Quantity>| a.map(|a| a.minus(b.unwrap_or_default()));
        Self {
            cpu: left(self.cpu, other.cpu),
            memory: left(self.memory, other.memory),
            gpus: left(self.gpus, other.gpus),
        }
    }
}
