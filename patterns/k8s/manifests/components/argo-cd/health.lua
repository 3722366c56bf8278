-- Whether an OrderProcessor is healthy, for Argo CD: by its condition Ready, once that is about the newest spec.
local health = {status = "Progressing", message = "the operator has not looked at it yet"}
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end

local ready = nil
for _, condition in ipairs(status.conditions) do
  if condition.type == "Ready" then
    ready = condition
  end
end
if ready == nil or ready.observedGeneration ~= obj.metadata.generation then
  return health
end

-- These pass by themselves, a node that is missing too; or become another reason.
local passing = {RollingOut = true, PodsNotReady = true, Unschedulable = true}

health.message = ready.reason .. ": " .. ready.message
if ready.status == "True" then
  health.status = "Healthy"
elseif ready.reason == "Suspended" then
  health.status = "Suspended"
elseif passing[ready.reason] or ready.status == "Unknown" then
  health.status = "Progressing"
else
  health.status = "Degraded"
end
return health
