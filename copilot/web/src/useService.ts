// Whether the service is there, and what it is. While it is gone it is asked again until it is back.

import { useEffect, useState } from "react";
import { health } from "./api";
import { onReach } from "./http";
import type { Health } from "./model";

const AGAIN_MS = 1_500;

export function useService() {
  const [service, setService] = useState<Health | null>(null);
  const [gone, setGone] = useState(false);
  const [online, setOnline] = useState(0);

  useEffect(() => {
    onReach((reached) => setGone(!reached));
    health().then(setService, () => {});
    return () => onReach(() => {});
  }, []);

  useEffect(() => {
    if (!gone) return;
    const timer = setInterval(() => {
      health().then(
        (found) => {
          setService(found);
          setOnline((n) => n + 1);
        },
        () => {},
      );
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [gone]);

  return { service, gone, online };
}
