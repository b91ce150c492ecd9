//! Chooses the prompt: the whole one, or a smaller one if the whole one costs more than the limit with every
//! model.

use std::sync::Arc;

use crate::prompt::Prompt;
use crate::router::outcome::SmallerPrompt;
use crate::router::plan::Plan;
use crate::router::spec::RequestSpec;
use crate::router::value::Now;
use crate::router::{RouterState, plan};

impl RouterState {
    /// Plans a prompt with the size that each candidate would receive.
    pub(super) fn plan_with(&self, spec: &RequestSpec, prompt: &Prompt, now: Now) -> Plan {
        let sizes = self.sizes(spec, prompt);
        plan::plan_sized(spec, &self.pool_now(), &|index| sizes[index], now)
    }

    /// Bytes of the request that each candidate would receive; zero for candidates that may not receive it.
    /// Encoding takes time, so the pool is not locked meanwhile.
    fn sizes(&self, spec: &RequestSpec, prompt: &Prompt) -> Vec<u64> {
        let (candidates, routed) = {
            let pool = self.pool();
            (Arc::clone(&pool.candidates), pool.groups(spec.feature).concat())
        };
        let mut sizes = vec![0; candidates.len()];
        for index in routed {
            let candidate = &candidates[index];
            if plan::may(spec, candidate).is_ok() {
                sizes[index] = self.client.size(&candidate.target, prompt);
            }
        }
        sizes
    }

    /// A plan and the prompt it is for. If even the smaller prompt is too expensive, the plan states its
    /// price in a large document.
    pub(super) fn affordable(
        &self,
        spec: &RequestSpec,
        prompt: Arc<Prompt>,
        smaller: Option<SmallerPrompt>,
        now: Now,
    ) -> (Plan, Arc<Prompt>) {
        let plan = self.plan_with(spec, &prompt, now);
        let Some(smaller) = smaller.filter(|_| plan.is_too_dear()) else { return (plan, prompt) };
        let sizes = self.sizes(spec, &smaller.prompt);
        let sized =
            |more: u64| plan::plan_sized(spec, &self.pool_now(), &|index| sizes[index] + more, now);
        let small = sized(0);
        if !small.order.is_empty() {
            return (small, smaller.prompt);
        }
        (sized(smaller.most.saturating_sub(smaller.prompt.bytes() as u64)), prompt)
    }
}
