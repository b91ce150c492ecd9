//! Chooses the prompt: the whole one, or a smaller one if the whole one costs more than the limit with every
//! model.

use std::sync::Arc;

use crate::prompt::Prompt;
use crate::router::outcome::SmallerPrompt;
use crate::router::plan::Plan;
use crate::router::pool::Candidate;
use crate::router::spec::RequestSpec;
use crate::router::value::Now;
use crate::router::{RouterState, plan};

impl RouterState {
    /// Plans a prompt with the size that each candidate would receive.
    pub(super) fn plan_with(&self, spec: &RequestSpec, prompt: &Prompt, now: Now) -> Plan {
        let size = |candidate: &Candidate| self.client.size(&candidate.target, prompt);
        plan::plan_sized(spec, &self.pool_now(), &size, now)
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
        let small = self.plan_with(spec, &smaller.prompt, now);
        if !small.order.is_empty() {
            return (small, smaller.prompt);
        }
        let more = smaller.most.saturating_sub(smaller.prompt.bytes() as u64);
        let size =
            |candidate: &Candidate| self.client.size(&candidate.target, &smaller.prompt) + more;
        (plan::plan_sized(spec, &self.pool_now(), &size, now), prompt)
    }
}
