//! The one way to anything that changes something. A remedy is a tool that can only act with a [`Permit`], and only the
//! [`Gate`] gives one: to a caller who is known and has the right itself, for exactly these arguments, after a person has
//! agreed, and with a line in the audit log.
//!
//! Without `--enable-remediation` there is no gate, and then no remedy is even listed.

mod confirmation;
mod gate;

use std::marker::PhantomData;

use rmcp::model::ToolAnnotations;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::callers::Right;
use crate::mcp::{Answer, Surface, Tool, ToolError};
use crate::state::State;

pub use self::confirmation::ELICITED;
pub use self::gate::{Action, Gate, Permit};

/// A tool that changes something.
pub trait Remedy: 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    /// Whether whoever acts can really only pretend to. Where not, `dry_run` is refused rather than ignored.
    const HAS_DRY_RUN: bool;

    /// Among them a `confirmation` and, if it has one, a `dry_run`.
    type Arguments: DeserializeOwned + Serialize + JsonSchema + Consent + Send + Sync;
    type Output: Serialize + JsonSchema;

    /// What would be done, in a sentence for the person who is to agree. Made of names that were checked, not of text
    /// that others wrote.
    fn intent(arguments: &Self::Arguments) -> String;

    /// What the caller has to be allowed itself, all of it.
    fn rights(arguments: &Self::Arguments) -> Vec<Right>;

    /// Refuses what would come to nothing, before anybody is asked to agree to it.
    fn check(state: &State, arguments: &Self::Arguments) -> impl Future<Output = Result<(), ToolError>> + Send;

    fn act(
        state: &State,
        arguments: Self::Arguments,
        permit: &Permit,
    ) -> impl Future<Output = Result<Answer<Self::Output>, ToolError>> + Send;
}

/// The part of a remedy's arguments that is about agreeing.
pub trait Consent {
    /// What an earlier refusal of the same call gave out. Not part of what is agreed to.
    fn take_confirmation(&mut self) -> Option<String>;
    fn dry_run(&self) -> bool;
}

/// Offers a remedy, where remediation is switched on.
#[must_use]
pub fn offer<R: Remedy>(surface: Surface<State>, state: &State) -> Surface<State> {
    match state.gate() {
        Some(_) => surface.tool::<Gated<R>>(),
        None => surface,
    }
}

/// The remedy as a tool.
struct Gated<R>(PhantomData<R>);

impl<R: Remedy> Tool<State> for Gated<R> {
    const NAME: &'static str = R::NAME;
    const TITLE: &'static str = R::TITLE;
    const DESCRIPTION: &'static str = R::DESCRIPTION;

    type Arguments = R::Arguments;
    type Output = R::Output;

    fn annotations() -> ToolAnnotations {
        ToolAnnotations::new().read_only(false).destructive(true).idempotent(false).open_world(true)
    }

    async fn call(state: &State, mut arguments: R::Arguments) -> Result<Answer<R::Output>, ToolError> {
        let gate = state.gate().ok_or(ToolError::SwitchedOff)?;
        let confirmation = arguments.take_confirmation();
        let dry_run = arguments.dry_run();
        if dry_run && !R::HAS_DRY_RUN {
            let accepted = "false or nothing: whoever acts here cannot only pretend to, and would act";
            return Err(ToolError::argument("dry_run", true, accepted));
        }
        R::check(state, &arguments).await?;
        let action = Action {
            tool: R::NAME,
            intent: R::intent(&arguments),
            rights: R::rights(&arguments),
            arguments: serde_json::to_string(&arguments).map_err(ToolError::internal)?,
            dry_run,
        };
        let permit = gate.pass(state, action, confirmation.as_deref()).await?;
        let acted = R::act(state, arguments, &permit).await;
        permit.ended(acted.is_ok());
        acted
    }
}

#[cfg(test)]
mod tests;
