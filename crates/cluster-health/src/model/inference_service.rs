//! InferenceServices: models that KServe serves, and how far each has come.

use super::condition::{Conditions, capped};
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { predictor: WirePredictor });
wire::wire_object!(WirePredictor { model: WireModel });
wire::wire_object!(WireModel { runtime: String, model_format: WireFormat });
wire::wire_object!(WireFormat { name: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition>, model_status: WireModelStatus, url: String, address: WireAddress });
wire::wire_object!(WireAddress { url: String });
wire::wire_object!(WireModelStatus {
    transition_status: String,
    states: WireStates,
    last_failure_info: Option<WireFailure>,
});
wire::wire_object!(WireStates { active_model_state: String, target_model_state: String });
wire::wire_object!(WireFailure {
    reason: String,
    location: String,
    message: Option<String>,
    exit_code: Option<i32>,
    time: Option<Time>,
});

/// KServe labels the pods it makes with the name of the InferenceService.
pub const POD_LABEL: &str = "serving.kserve.io/inferenceservice";

#[derive(Clone, Debug)]
pub struct InferenceService {
    pub meta: Meta,
    /// The ServingRuntime it names; empty when one is chosen for it.
    pub runtime: Name,
    pub format: Name,
    /// Where it answers; empty until it does.
    pub url: Name,
    /// Where it answers inside the cluster; empty until it does. Whoever may write its status chooses it.
    pub address: Name,
    /// Says `Ready`, `PredictorReady`, `IngressReady`, `Stopped` and others.
    pub conditions: Conditions,
    /// `UpToDate`, `InProgress`, `BlockedByFailedLoad` or `InvalidSpec`.
    pub transition: Name,
    /// `Pending`, `Standby`, `Loading`, `Loaded` or `FailedToLoad`.
    pub target_state: Name,
    pub active_state: Name,
    pub failure: Option<Box<Failure>>,
}

/// Why the model was last not loaded.
#[derive(Clone, Debug)]
pub struct Failure {
    pub reason: Name,
    /// The pod or component that failed.
    pub location: Name,
    pub exit_code: Option<i32>,
    pub at: Option<Time>,
    /// Untrusted text of the model server.
    pub message: Option<Box<str>>,
}

impl Resource for InferenceService {
    const KIND: Kind = Kind::InferenceService;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let (model, status) = (&wire.spec.predictor.model, wire.status.model_status);
        let failure = status.last_failure_info.map(|failure| {
            Box::new(Failure {
                reason: interner.name(&failure.reason),
                location: interner.name(&failure.location),
                exit_code: failure.exit_code,
                at: failure.time,
                message: capped(failure.message),
            })
        });
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            runtime: interner.name(&model.runtime),
            format: interner.name(&model.model_format.name),
            url: interner.name(&wire.status.url),
            address: interner.name(&wire.status.address.url),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
            transition: interner.name(&status.transition_status),
            target_state: interner.name(&status.states.target_model_state),
            active_state: interner.name(&status.states.active_model_state),
            failure,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts
            .put("spec.predictor.model.runtime", &self.runtime)
            .put("spec.predictor.model.modelFormat.name", &self.format)
            .put("status.url", &self.url)
            .put("status.address.url", &self.address)
            .put("status.modelStatus.transitionStatus", &self.transition)
            .put("status.modelStatus.states.targetModelState", &self.target_state)
            .put("status.modelStatus.states.activeModelState", &self.active_state);
        let facts = match &self.failure {
            Some(failure) => facts
                .put("status.modelStatus.lastFailureInfo.reason", &failure.reason)
                .put("status.modelStatus.lastFailureInfo.location", &failure.location)
                .put_some("status.modelStatus.lastFailureInfo.exitCode", failure.exit_code)
                .untrusted("status.modelStatus.lastFailureInfo.message", failure.message.as_deref()),
            None => facts,
        };
        facts.conditions(&self.conditions)
    }
}
