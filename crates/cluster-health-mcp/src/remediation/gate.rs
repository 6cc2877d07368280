//! Who may act now, and who has to be asked first.

use super::confirmation::{By, Confirmations, ELICITED};
use crate::audit::{self, Audit, Line};
use crate::callers::{Caller, Right};
use crate::mcp::ToolError;
use crate::state::State;

/// What is going to be done if it is agreed to.
#[derive(Debug, Clone)]
pub struct Action {
    pub tool: &'static str,
    /// For the person who is asked.
    pub intent: String,
    /// As JSON, always in the same order.
    pub arguments: String,
    pub rights: Vec<Right>,
    /// Nothing will be changed, so nobody has to agree.
    pub dry_run: bool,
}

/// Exists only where remediation is switched on.
pub struct Gate {
    confirmations: Confirmations,
    audit: Audit,
}

/// Leave to act once. Made here and nowhere else.
#[must_use = "what was permitted has to be ended, for the audit log"]
pub struct Permit {
    caller: Caller,
    action: Action,
    audit: Audit,
    ended: bool,
}

impl Gate {
    /// Nothing when the system has no random numbers to sign with.
    pub fn new(audit: Audit) -> Option<Self> {
        Some(Self { confirmations: Confirmations::new()?, audit })
    }

    pub(super) async fn pass(
        &self,
        state: &State,
        action: Action,
        confirmation: Option<&str>,
    ) -> Result<Permit, ToolError> {
        let caller = state.caller().filter(|caller| caller.is_known() || caller.is_local());
        let caller = caller.ok_or_else(|| ToolError::NotAllowed {
            what: "changing anything".to_owned(),
            why: "this server does not ask its callers who they are (--auth)".to_owned(),
        })?;
        self.check_rights(state, caller, &action).await?;
        if !action.dry_run && !self.is_agreed(caller, &action, confirmation) {
            self.write("asked", caller, &action, "waiting");
            let who = &caller.who().user;
            return Err(ToolError::Unconfirmed {
                by_person: self.confirmations.give(who, &action, By::Person),
                by_model: self.confirmations.give(who, &action, By::Model),
                intent: action.intent,
            });
        }
        self.write(if action.dry_run { "tried" } else { "confirmed" }, caller, &action, "permitted");
        Ok(Permit { caller: caller.clone(), action, audit: self.audit.clone(), ended: false })
    }

    async fn check_rights(&self, state: &State, caller: &Caller, action: &Action) -> Result<(), ToolError> {
        for right in &action.rights {
            let why = match state.caller_may(right).await {
                Ok(true) => continue,
                Ok(false) => format!("{} lacks the right to do it itself, which is to {right}", caller.who().user),
                Err(away) => format!("whether you have the right could not be found out: {away}"),
            };
            self.write("asked", caller, action, "forbidden");
            return Err(ToolError::NotAllowed { what: action.intent.clone(), why });
        }
        Ok(())
    }

    fn is_agreed(&self, caller: &Caller, action: &Action, confirmation: Option<&str>) -> bool {
        let Some(text) = confirmation else { return false };
        let who = &caller.who().user;
        match text.strip_prefix(ELICITED) {
            Some(text) => self.confirmations.take(who, action, By::Person, text),
            None => self.confirmations.take(who, action, By::Model, text),
        }
    }

    fn write(&self, event: &'static str, caller: &Caller, action: &Action, outcome: &str) {
        write(&self.audit, event, caller, action, outcome);
    }
}

impl Permit {
    /// Who is allowed what.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(super) fn ended(mut self, succeeded: bool) {
        self.ended = true;
        write(&self.audit, "acted", &self.caller, &self.action, if succeeded { "done" } else { "failed" });
    }
}

impl Drop for Permit {
    /// A caller that hung up, or a panic: what happened is not known, which is worth a line too.
    fn drop(&mut self) {
        if !self.ended {
            write(&self.audit, "acted", &self.caller, &self.action, "unknown");
        }
    }
}

fn write(audit: &Audit, event: &'static str, caller: &Caller, action: &Action, outcome: &str) {
    let arguments = Some(audit::redacted(&action.arguments));
    audit.write(&Line { event, name: Some(action.tool), arguments, outcome, ..Line::by(caller) });
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}
