//! `cluster://health`: what `get-cluster-health` answers.

use crate::mcp::tools::get_cluster_health;
use crate::mcp::{Resource, ResourceError};
use crate::state::State;

pub struct Health;

impl Resource<State> for Health {
    const URI: &'static str = "cluster://health";
    const NAME: &'static str = "health";
    const TITLE: &'static str = "Cluster health";
    const DESCRIPTION: &'static str = "Verdict, findings with causes first, and what was not seen";

    async fn read(state: &State) -> Result<String, ResourceError> {
        super::json(&get_cluster_health::health(&*state.first_snapshot().await?, true, None))
    }
}
