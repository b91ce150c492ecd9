//! Common parts of the commands that send requests.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime;
use tokio::runtime::Runtime;

use crate::app;
use crate::app::Environment;
use crate::cli::Common;
use crate::feature::Engine;

/// An engine, and the runtime that it needs.
pub(super) struct Asking {
    runtime: Runtime,
    pub(super) engine: Arc<Engine>,
}

impl Asking {
    /// Creates an engine for these roots, and loads what other runs and windows have measured. With a
    /// provider's name, it uses only that provider.
    pub(super) fn begin(
        common: &Common,
        provider: Option<&String>,
        roots: Vec<PathBuf>,
    ) -> io::Result<Self> {
        let start = Environment { only: provider.cloned(), ..common.start() };
        let runtime = runtime()?;
        let entered = runtime.enter();
        let engine = app::engine(&start, roots);
        drop(entered);
        if let Some(models) = &engine.core.models {
            runtime.block_on(models.ready());
        }
        Ok(Self { runtime, engine })
    }

    /// Waits for an answer, and until the ledger has recorded it.
    pub(super) fn wait<T>(&self, asked: impl Future<Output = T>) -> T {
        self.runtime.block_on(async {
            let answer = asked.await;
            if let Some(models) = &self.engine.core.models {
                models.router.ledger().settled().await;
            }
            answer
        })
    }
}

/// The runtime of a command.
pub(super) fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
