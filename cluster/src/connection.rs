//! The connection that a kubeconfig describes.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::runtime::{Builder, Runtime};

use crate::error::{OpenError, with_causes};

/// How long the program waits for a TCP connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which cluster to read, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// By default, the files of the variable `KUBECONFIG`, `~/.kube/config`, or the service account of the pod that the
    /// program runs in.
    pub kubeconfig: Option<PathBuf>,
    /// By default, the current context of the kubeconfig.
    pub context: Option<String>,
    /// The longest time without a byte from the API server.
    pub request_timeout: Duration,
}

/// A connection to an API server.
pub struct Connection {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    pub(crate) request_timeout: Duration,
    pub(crate) notice: Box<dyn Fn(&str)>,
    server: String,
    name: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Connection {
    /// Reads the kubeconfig. Sends nothing yet. `notice` gets a sentence for each request that is repeated.
    pub fn open(options: &Options, notice: impl Fn(&str) + 'static) -> Result<Self, OpenError> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (mut config, name) = runtime.block_on(configuration(options))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        // `get` limits the time itself, because it has to know which of its attempts took too long.
        config.read_timeout = None;
        config.write_timeout = Some(options.request_timeout);
        // `get` retries, and says so.
        config.default_retry = false;
        let server = config.cluster_url.to_string();
        let client = {
            let _in_runtime = runtime.enter();
            Client::try_from(config).map_err(|error| OpenError::Client {
                server: server.clone(),
                why: with_causes(&error),
            })?
        };
        let request_timeout = options.request_timeout;
        Ok(Self { runtime, client, request_timeout, notice: Box::new(notice), server, name })
    }

    /// The name of the kubeconfig's context, or `in-cluster`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the API server.
    pub fn server(&self) -> &str {
        &self.server
    }
}

/// The configuration, and the name of the context.
async fn configuration(options: &Options) -> Result<(Config, String), OpenError> {
    let unusable = |error: &KubeconfigError| OpenError::Kubeconfig(why_unusable(error));
    let kubeconfig = match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match kubeconfig {
        Ok(kubeconfig) => kubeconfig,
        // In a pod there is no kubeconfig.
        Err(error) if options.kubeconfig.is_none() && options.context.is_none() => {
            let config = Config::incluster();
            let config = config.map_err(|_| OpenError::NoConfiguration(why_unusable(&error)))?;
            return Ok((config, "in-cluster".to_owned()));
        }
        Err(error) => return Err(unusable(&error)),
    };
    let context = options.context.clone().or_else(|| kubeconfig.current_context.clone());
    let of_context = KubeConfigOptions { context: context.clone(), ..Default::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &of_context).await;
    let config = config.map_err(|error| unusable(&error))?;
    Ok((config, context.unwrap_or_else(|| "default".to_owned())))
}

/// Why a kubeconfig cannot be used. A value that cannot be parsed is not shown, because it can be a token or a key.
fn why_unusable(error: &KubeconfigError) -> String {
    let KubeconfigError::Parse(error) = error else { return with_causes(error) };
    let place = error
        .location()
        .map(|location| format!(" at line {}, column {}", location.line(), location.column()));
    format!("it is not valid{}", place.unwrap_or_default())
}
