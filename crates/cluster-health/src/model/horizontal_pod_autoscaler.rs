//! HorizontalPodAutoscalers: how many replicas a workload gets, by metrics.

use super::condition::Conditions;
use super::kind_name::KindName;
use super::meta::{Meta, Owner};
use super::{Kind, ObjectRef, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    scale_target_ref: WireTarget,
    min_replicas: Option<u32>,
    max_replicas: u32,
    metrics: Vec<WireMetric>,
});
wire::wire_object!(WireTarget { kind: String, name: String });
wire::wire_object!(WireMetric {
    #[named("type")]
    source: String,
    resource: WireResource,
});
wire::wire_object!(WireResource { name: String, target: WireMetricTarget });
wire::wire_object!(WireMetricTarget {
    #[named("type")]
    target_type: String,
});
wire::wire_object!(WireStatus { current_replicas: u32, desired_replicas: u32, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct HorizontalPodAutoscaler {
    pub meta: Meta,
    /// What it scales.
    pub target: Owner,
    pub min: u32,
    pub max: u32,
    pub current: u32,
    pub desired: u32,
    pub metrics: Box<[Metric]>,
    /// `AbleToScale`, `ScalingActive`, `ScalingLimited`; none in version 1 of its API.
    pub conditions: Conditions,
}

#[derive(Clone, Debug)]
pub struct Metric {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    pub source: Name,
    /// `cpu` or `memory`; empty unless a resource.
    pub resource: Name,
    /// Measured against what the containers request, so that each has to request some.
    pub of_requests: bool,
}

impl Resource for HorizontalPodAutoscaler {
    const KIND: Kind = Kind::HorizontalPodAutoscaler;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = wire.spec;
        let metric = |metric: &WireMetric, interner: &mut Interner| Metric {
            source: interner.name(&metric.source),
            resource: interner.name(&metric.resource.name),
            of_requests: metric.resource.target.target_type == "Utilization",
        };
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            target: Owner {
                kind: KindName::read(&spec.scale_target_ref.kind, interner),
                name: interner.name(&spec.scale_target_ref.name),
            },
            min: spec.min_replicas.unwrap_or(1),
            max: spec.max_replicas,
            current: wire.status.current_replicas,
            desired: wire.status.desired_replicas,
            metrics: spec.metrics.iter().map(|one| metric(one, interner)).collect(),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.scaleTargetRef", self.scales())
            .put("spec.minReplicas", self.min)
            .put("spec.maxReplicas", self.max)
            .put("status.currentReplicas", self.current)
            .put("status.desiredReplicas", self.desired)
            .conditions(&self.conditions)
    }
}

impl HorizontalPodAutoscaler {
    pub fn scales(&self) -> ObjectRef {
        let Owner { kind, name } = &self.target;
        ObjectRef { kind: kind.clone(), namespace: self.meta.namespace.clone(), name: name.clone() }
    }
}
