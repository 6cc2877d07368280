//! Nodes: machines that run pods, and what they say of themselves.

use super::condition::Conditions;
use crate::name::{Interner, Name};
use crate::ordered::Ordered;
use crate::quantity::Quantity;
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    unschedulable: bool,
    taints: Vec<WireTaint>,
    #[named("providerID")]
    provider_id: String,
});
wire::wire_object!(WireTaint { key: String, value: String, effect: String, time_added: Option<Time> });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition>, capacity: WireGpus, allocatable: WireAllocatable, node_info: WireInfo, volumes_attached: Vec<WireVolume>, addresses: Vec<WireAddress> });
wire::wire_object!(WireAddress {
    #[named("type")]
    kind: String,
});
wire::wire_object!(WireVolume { name: String });
wire::wire_object!(WireAllocatable {
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
    pods: Option<Quantity>,
    #[named("nvidia.com/gpu")]
    gpus: Option<Quantity>,
});
wire::wire_object!(WireGpus {
    #[named("nvidia.com/gpu")]
    gpus: Option<Quantity>,
});
wire::wire_object!(WireInfo { kubelet_version: String, os_image: String });

#[derive(Clone, Debug)]
pub struct Node {
    pub meta: Meta,
    /// `spec.unschedulable`
    pub cordoned: bool,
    pub taints: Box<[Taint]>,
    /// `spec.providerID` is set.
    pub has_provider: bool,
    /// There is an `InternalIP`.
    pub has_address: bool,
    pub conditions: Conditions,
    pub cpu: Option<Quantity>,
    pub memory: Option<Quantity>,
    /// How many pods the node takes.
    pub pods: Option<Quantity>,
    /// `nvidia.com/gpu`, as far as there are any.
    pub gpus: Gpus,
    /// OVN-Kubernetes has given it a range of addresses for its pods.
    pub has_subnet: bool,
    pub kubelet: Name,
    pub os_image: Name,
    pub machine_config: MachineConfig,
    /// Volumes attached to the machine, as [`super::persistent_volume::PersistentVolume::attached_as`] names them.
    pub attached: Box<[Name]>,
}

/// Nothing where the node does not mention them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gpus {
    pub capacity: Option<Quantity>,
    pub allocatable: Option<Quantity>,
}

#[derive(Clone, Debug)]
pub struct Taint {
    pub key: Name,
    pub value: Name,
    pub effect: Name,
    pub added: Option<Time>,
}

/// What the machine config daemon writes into the node's annotations; all empty without one.
#[derive(Clone, Debug, Default)]
pub struct MachineConfig {
    /// `Done`, `Working`, `Degraded` or `Unreconcilable`.
    pub state: Name,
    pub reason: Name,
    pub current: Name,
    pub desired: Name,
}

impl Resource for Node {
    const KIND: Kind = Kind::Node;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let annotations = &wire.metadata.annotations;
        let mut annotation = |key| interner.optional(annotations.get(key));
        let machine_config = MachineConfig {
            state: annotation("machineconfiguration.openshift.io/state"),
            reason: annotation("machineconfiguration.openshift.io/reason"),
            current: annotation("machineconfiguration.openshift.io/currentConfig"),
            desired: annotation("machineconfiguration.openshift.io/desiredConfig"),
        };
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            cordoned: wire.spec.unschedulable,
            has_provider: !wire.spec.provider_id.is_empty(),
            has_address: wire.status.addresses.iter().any(|address| address.kind == "InternalIP"),
            taints: wire.spec.taints.iter().map(|taint| taint_from_wire(taint, interner)).collect(),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
            cpu: wire.status.allocatable.cpu,
            memory: wire.status.allocatable.memory,
            pods: wire.status.allocatable.pods,
            gpus: Gpus { capacity: wire.status.capacity.gpus, allocatable: wire.status.allocatable.gpus },
            has_subnet: annotations.get("k8s.ovn.org/node-subnets").is_some(),
            kubelet: interner.name(&wire.status.node_info.kubelet_version),
            os_image: interner.name(&wire.status.node_info.os_image),
            machine_config,
            attached: wire.status.volumes_attached.iter().map(|volume| Name::from(volume.name.as_str())).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts
            .put("metadata.labels[node-role.kubernetes.io/*]", self.roles().join(","))
            .put("spec.unschedulable", self.cordoned)
            .put("status.nodeInfo.kubeletVersion", &self.kubelet)
            .put("status.nodeInfo.osImage", &self.os_image)
            .put_some("status.allocatable.cpu", self.cpu)
            .put_some("status.allocatable.memory", self.memory)
            .put_some("status.allocatable.pods", self.pods)
            .put_some("status.allocatable[nvidia.com/gpu]", self.gpus.allocatable)
            .put_some("status.capacity[nvidia.com/gpu]", self.gpus.capacity);
        let config = &self.machine_config;
        let facts = facts
            .put("metadata.annotations[machineconfiguration.openshift.io/state]", &config.state)
            .untrusted(
                "metadata.annotations[machineconfiguration.openshift.io/reason]",
                Some(config.reason.as_str()).filter(|reason| !reason.is_empty()),
            )
            .put("metadata.annotations[machineconfiguration.openshift.io/currentConfig]", &config.current)
            .put("metadata.annotations[machineconfiguration.openshift.io/desiredConfig]", &config.desired);
        let facts = self.taints.iter().fold(facts, |facts, taint| {
            let added = taint.added.map(|added| format!(", added {added}")).unwrap_or_default();
            facts.put(format!("spec.taints[{}]", taint.key), format!("{}{added}", taint.effect))
        });
        facts.conditions(&self.conditions)
    }
}

fn taint_from_wire(wire: &WireTaint, interner: &mut Interner) -> Taint {
    Taint {
        key: interner.name(&wire.key),
        value: interner.name(&wire.value),
        effect: interner.name(&wire.effect),
        added: wire.time_added,
    }
}

impl Node {
    pub fn is_ready(&self) -> bool {
        self.conditions.is_true("Ready")
    }

    pub fn is_control_plane(&self) -> bool {
        let role = |key| self.meta.labels.get(key).is_some();
        role("node-role.kubernetes.io/control-plane") || role("node-role.kubernetes.io/master")
    }

    /// Role names from the labels, sorted, `control-plane` standing for `master` too.
    pub fn roles(&self) -> Vec<&str> {
        let labels = self.meta.labels.pairs().iter();
        let mut roles: Vec<&str> = labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).collect();
        for role in &mut roles {
            if *role == "master" {
                *role = "control-plane";
            }
        }
        roles.put_in_order();
        roles.dedup();
        roles
    }

    /// The role that says what the node is for: the control plane, else the first that is more than a worker.
    pub fn main_role(&self) -> &str {
        if self.is_control_plane() {
            return "control-plane";
        }
        let roles = self.roles();
        roles.iter().find(|role| **role != "worker").copied().unwrap_or("worker")
    }

    /// The machine config operator is changing the node and will bring it back itself.
    pub fn is_being_updated(&self) -> bool {
        let config = &self.machine_config;
        config.state == "Working" || (!config.desired.is_empty() && config.current != config.desired)
    }
}
