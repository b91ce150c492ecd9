//! What every command that asks the models begins and ends with.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime;
use tokio::runtime::Runtime;

use crate::app;
use crate::app::Environment;
use crate::cli::Common;
use crate::feature::Engine;

/// An engine, and what runs its work.
pub(super) struct Asking {
    runtime: Runtime,
    pub(super) engine: Arc<Engine>,
}

impl Asking {
    /// An engine for these roots, which knows what other runs and windows know of the models. With a
    /// provider's name it asks nobody else.
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
        if let Some(models) = &engine.models {
            runtime.block_on(models.ready());
        }
        Ok(Self { runtime, engine })
    }

    /// Waits for an answer, and until what was learned by it is written down.
    pub(super) fn wait<T>(&self, asked: impl Future<Output = T>) -> T {
        self.runtime.block_on(async {
            let answer = asked.await;
            if let Some(models) = &self.engine.models {
                models.router.ledger().settled().await;
            }
            answer
        })
    }
}

/// What runs the work of a command.
pub(super) fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
