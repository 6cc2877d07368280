//! What the server offers over MCP: tools, resources, prompts and completions, described once and served by one handler.
//!
//! Only this module knows the protocol. It is generic over `C`, what tools look at: a cheap handle from which a call
//! takes one immutable snapshot. It holds no state of its own.

mod arguments;
mod bounded;
pub mod documents;
mod elicitation;
pub mod error;
mod handler;
pub mod prompt;
pub mod prompts;
mod resources;
mod schema;
mod subscriptions;
mod tool;
pub mod tools;

use std::time::Duration;

use futures_util::future::BoxFuture;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use tokio::sync::watch;

use crate::callers::Caller;
use crate::metrics::Metrics;

pub use error::{ResourceError, ToolError};
pub use handler::Handler;
pub use prompt::Prompt;
pub use resources::{Resource, ResourceTemplate};
pub use tool::{Answer, Tool};

/// Everything on offer. Built once at start, then shared by all requests.
pub struct Surface<C> {
    info: ServerConfig,
    tools: Vec<tool::Registered<C>>,
    resources: Vec<resources::Registered<C>>,
    templates: Vec<resources::RegisteredTemplate<C>>,
    prompts: Vec<prompt::Registered<C>>,
    /// The resource whose subscribers are told, and what tells when.
    changes: Option<(&'static str, watch::Receiver<u64>)>,
    /// What one caller sees of it all, and what they would notice of a change.
    views: Option<Views<C>>,
    call_timeout: Duration,
    metrics: Metrics,
}

/// How the context of one caller comes from that of all.
pub(crate) struct Views<C> {
    seen_by: fn(&C, &Caller) -> C,
    /// Of what that caller sees: the same as long as it says the same. Nothing when it cannot be told.
    gist: for<'a> fn(&'a C) -> BoxFuture<'a, Option<u64>>,
}

impl<C> Clone for Views<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Views<C> {}

impl<C: Send + Sync + 'static> Surface<C> {
    /// `instructions` are what an assistant reads once about the whole server.
    pub fn new(name: &str, instructions: &str, call_timeout: Duration, metrics: Metrics) -> Self {
        let implementation = Implementation::new(name, env!("CARGO_PKG_VERSION"))
            .with_title("OpenShift Cluster Health")
            .with_description("Health of an OpenShift or Kubernetes cluster, with evidence and root causes");
        let info = ServerConfig::new(ServerCapabilities::default())
            .with_server_info(implementation)
            .with_instructions(instructions);
        let (tools, resources, templates, prompts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { info, tools, resources, templates, prompts, changes: None, views: None, call_timeout, metrics }
    }

    /// Offers a tool. The list is kept in order of names, whatever the order of registration.
    #[must_use]
    pub fn tool<T: Tool<C>>(mut self) -> Self {
        self.add_tool(tool::Registered::of::<T>());
        self
    }

    #[inline(never)]
    fn add_tool(&mut self, tool: tool::Registered<C>) {
        self.info.capabilities.tools.get_or_insert_default();
        let at = self.tools.partition_point(|known| known.name < tool.name);
        self.tools.insert(at, tool);
    }

    /// Offers a resource with an address of its own.
    #[must_use]
    pub fn resource<R: Resource<C>>(mut self) -> Self {
        self.info.capabilities.resources.get_or_insert_default();
        let at = self.resources.partition_point(|known| known.uri < R::URI);
        self.resources.insert(at, resources::Registered::of::<R>());
        self
    }

    /// Offers resources that share a pattern, and completions for the part that varies.
    #[must_use]
    pub fn template<R: ResourceTemplate<C>>(mut self) -> Self {
        self.info.capabilities.resources.get_or_insert_default();
        self.info.capabilities.completions.get_or_insert_default();
        let at = self.templates.partition_point(|known| known.uri < R::URI);
        self.templates.insert(at, resources::RegisteredTemplate::of::<R>());
        self
    }

    /// Offers a prompt, and completions for its arguments.
    #[must_use]
    pub fn prompt<P: Prompt<C>>(mut self) -> Self {
        self.info.capabilities.prompts.get_or_insert_default();
        self.info.capabilities.completions.get_or_insert_default();
        let at = self.prompts.partition_point(|known| known.name < P::NAME);
        self.prompts.insert(at, prompt::Registered::of::<P>());
        self
    }

    /// Offers subscriptions to a resource: whoever has one is told whenever `changes` does.
    #[must_use]
    pub fn notify(mut self, uri: &'static str, changes: watch::Receiver<u64>) -> Self {
        self.info.capabilities.resources.get_or_insert_default().subscribe = Some(true);
        self.changes = Some((uri, changes));
        self
    }

    /// Says what one caller sees. Without it, callers who may not see everything are shown nothing.
    #[must_use]
    pub fn for_callers(
        mut self,
        seen_by: fn(&C, &Caller) -> C,
        gist: for<'a> fn(&'a C) -> BoxFuture<'a, Option<u64>>,
    ) -> Self {
        self.views = Some(Views { seen_by, gist });
        self
    }

    /// Tools' definitions, for documents and tests.
    pub fn tools(&self) -> impl Iterator<Item = &rmcp::model::Tool> {
        self.tools.iter().map(|tool| &tool.definition)
    }

    /// Prompts' definitions, for documents and tests.
    pub fn prompts(&self) -> impl Iterator<Item = &rmcp::model::Prompt> {
        self.prompts.iter().map(|prompt| &prompt.definition)
    }
}
