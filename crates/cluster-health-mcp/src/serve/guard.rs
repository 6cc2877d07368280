//! From settings to who is let in.

use std::path::Path;
use std::sync::Arc;

use cluster_health::coverage::Reason;
use cluster_health::model::Kind;
use cluster_health::name::Name;
use cluster_health::ordered::Ordered;

use super::ServeError;
use crate::args::{Auth, CallerSettings, Refusal, Settings, Source};
use crate::audit::Audit;
use crate::callers::{Callers, Inventory, Oidc, OidcOptions, Reviews};
use crate::http::{Guard, Resource, Tls};
use crate::remediation::Gate;
use crate::sources::live::Live;
use crate::spans::Spans;
use crate::state::State;

/// `live` is who can be asked about tokens and rights.
pub(super) fn guard(
    settings: &Settings,
    source: &Source,
    state: &State,
    live: Option<Live>,
    spans: Option<Spans>,
) -> Result<Guard, ServeError> {
    let own = &settings.callers;
    let auth = settings.auth(source)?;
    if own.passes_tokens(auth)? {
        state.pass_callers_tokens();
    }
    let inventory = {
        let state = state.clone();
        move || inventory(&state)
    };
    let reviews = live.map(|live| Arc::new(live) as Arc<dyn Reviews>);
    let proxy = own.front_proxy(auth)?;
    let callers = match (auth, reviews) {
        (Auth::TokenReview, Some(reviews)) => Callers::by_token_review(reviews, own.token_audiences.clone(), inventory),
        (Auth::Oidc, reviews) => Callers::by_oidc(Oidc::new(oidc(own))?, reviews.map(|reviews| (reviews, inventory))),
        (Auth::TokenReview, None) => return Err(Refusal::NobodyToReview.into()),
        (Auth::None, _) => Callers::anybody(),
    };
    let callers = match proxy {
        Some(proxy) => callers.believing(proxy),
        None => callers,
    };
    let origin = own.public_url.as_ref().map(|url| url.trim_end_matches('/').trim_end_matches("/mcp").to_owned());
    let resource = Resource { origin, tls: own.tls_cert_file.is_some() };
    let audit = audit(&own.audit_log)?;
    let audit = match spans {
        Some(spans) => audit.with_spans(spans),
        None => audit,
    };
    Ok(Guard { callers, rate: own.caller_rate, resource, audit })
}

/// Where remediation is switched on.
pub(super) fn gate(settings: &CallerSettings) -> Result<Gate, ServeError> {
    Gate::new(audit(&settings.audit_log)?).ok_or(ServeError::NoRandom)
}

pub(super) fn tls(settings: &CallerSettings) -> Result<Option<Tls>, ServeError> {
    match (&settings.tls_cert_file, &settings.tls_key_file) {
        (Some(certificate), Some(key)) => {
            Ok(Some(Tls::load(certificate, key, settings.requestheader_client_ca_file.as_deref())?))
        }
        _ => Ok(None),
    }
}

fn audit(destination: &str) -> Result<Audit, Refusal> {
    match destination {
        "off" => Ok(Audit::off()),
        "stderr" => Ok(Audit::stderr()),
        path => Audit::file(Path::new(path))
            .map_err(|error| Refusal::AuditLog { path: path.to_owned(), reason: error.to_string() }),
    }
}

fn oidc(settings: &CallerSettings) -> OidcOptions {
    OidcOptions {
        issuer: settings.oidc_issuer.clone().unwrap_or_default(),
        audiences: settings.oidc_audiences.clone(),
        username_claim: settings.oidc_username_claim.clone(),
        username_prefix: settings.oidc_username_prefix.clone(),
        groups_claim: settings.oidc_groups_claim.clone(),
        groups_prefix: settings.oidc_groups_prefix.clone(),
        ca_file: settings.oidc_ca_file.clone(),
    }
}

/// What the model holds now. Before it holds anything there is nothing to be asked about in namespaces.
fn inventory(state: &State) -> Inventory {
    let Ok(snapshot) = state.snapshot() else { return Inventory::default() };
    let cluster = &snapshot.cluster;
    let mut namespaces: Vec<Name> = cluster.namespaces.iter().map(|namespace| namespace.meta.name.clone()).collect();
    if namespaces.is_empty() {
        // The server itself may not list them
        namespaces = cluster.pods.iter().map(|pod| pod.meta.namespace.clone()).collect();
        namespaces.put_in_order();
        namespaces.dedup();
    }
    let absent = |kind: &Kind| cluster.coverage.unseen(*kind) == Some(Reason::NotServed);
    Inventory { namespaces, absent: Kind::ALL.iter().copied().filter(absent).collect() }
}
