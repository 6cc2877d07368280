//! Whether models' own endpoints are asked.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};

use super::monitoring::SERVICE_AUTHORITY;
use crate::integrations::ModelProbeOptions;

#[derive(Debug, Clone, Default, Args)]
pub struct ModelOptions {
    /// With ENABLE_KSERVE and a live cluster, ask a model's own endpoint (KServe's protocol v2) whether it is ready, when
    /// get-model-status is asked about it. Only services of the model's own namespace are asked, and shown no token; but
    /// whoever may write an InferenceService's status, or a Service there, decides where such a service leads
    #[arg(long, env = "KSERVE_PROBE_MODELS", action = ArgAction::SetTrue,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub kserve_probe_models: bool,

    /// Port of models' endpoints whose address names none, such as 8080 where their services have no address of their own
    #[arg(long, env = "KSERVE_PREDICTOR_PORT", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..),
          global = true)]
    pub kserve_predictor_port: Option<u16>,
}

impl ModelOptions {
    pub fn probes(&self) -> bool {
        self.kserve_probe_models
    }

    pub fn options(&self) -> ModelProbeOptions {
        let authority = PathBuf::from(SERVICE_AUTHORITY);
        let authority = Some(authority).filter(|path| Path::exists(path));
        ModelProbeOptions { port: self.kserve_predictor_port, authority, proxy: None }
    }
}
