import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueries } from "@/app/queries";
import { newRouter } from "@/app/router";
import { SignIn } from "@/app/SignIn";
import { Live } from "@/features/pipelines/hooks/live";
import { applyTheme, storedTheme } from "@/shared/theme/theme";
import { Toasts } from "@/shared/ui/Toasts";
import "@/shared/theme/tokens.css";
import "@/shared/theme/base.css";
import "@/shared/ui/ui.css";
import "@/app/shell.css";

applyTheme(storedTheme());

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={newQueries()}>
      <Toasts>
        <SignIn>
          <Live>
            <RouterProvider router={newRouter()} />
          </Live>
        </SignIn>
      </Toasts>
    </QueryClientProvider>
  </StrictMode>,
);
