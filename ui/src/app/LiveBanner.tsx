import { useConnection } from "@/features/pipelines/hooks/live";
import { clock } from "@/shared/format/format";
import { Icon } from "@/shared/ui/Icon";

/** Says that the figures are old while the server is away. */
export function LiveBanner() {
  const { state, since } = useConnection();
  return (
    <div role="status">
      {state === "lost" && (
        <p className="live-banner">
          <Icon name="warn" />
          <span>
            <strong>Not connected.</strong> What you see is from {clock(since)}; trying again. If this lasts, check that the server is running.
          </span>
        </p>
      )}
    </div>
  );
}
