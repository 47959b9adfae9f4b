import type { ScalingChange } from "@/shared/api/types";

export const subjects: Record<ScalingChange["of"], string> = {
  replicas: "Instances",
  min: "At least",
  max: "At most",
  partitions: "Partitions",
};

export const causes: Record<ScalingChange["cause"], string> = {
  lag: "lag",
  cpu: "CPU",
  activation: "first records",
  idle: "nothing to do",
  start: "start",
  pause: "pause",
  resume: "resume",
  bounds: "bounds",
  edit: "edit",
  partitions: "partitions",
  growth: "growth",
  manual: "by hand",
};
