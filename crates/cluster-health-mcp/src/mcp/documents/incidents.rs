//! `cluster://incidents`: what `list-incidents` answers.

use crate::mcp::tools::list_incidents;
use crate::mcp::{Resource, ResourceError};
use crate::state::State;

pub struct Incidents;

impl Resource<State> for Incidents {
    const URI: &'static str = "cluster://incidents";
    const NAME: &'static str = "incidents";
    const TITLE: &'static str = "Incidents";
    const DESCRIPTION: &'static str = "Root causes worst first, what each broke, and what was left out as noise";

    async fn read(state: &State) -> Result<String, ResourceError> {
        super::json(&list_incidents::worst(state).await?)
    }
}
