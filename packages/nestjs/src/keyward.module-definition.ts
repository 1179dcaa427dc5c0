import { ConfigurableModuleBuilder } from "@nestjs/common";
import type { Keyward, KeywardOptions } from "@keyward/core";
import type { ApiKeyRouteOptions } from "./route-options.ts";
import { KEYWARD } from "./tokens.ts";

/** Options of the module in an application. */
export interface KeywardModuleOptions {
  /** True if all modules can inject what this one provides without importing it. Default: true. */
  readonly global?: boolean | undefined;
  /**
   * True if a decorator that has no effect keeps the application from starting. Default: true. Turn it off where a guard of the application
   * calls `ApiKeyGuard`, which cannot be seen from outside.
   */
  readonly checkDecorators?: boolean | undefined;
  /** Default requirements of handlers. Decorators override them. */
  readonly defaults?: ApiKeyRouteOptions | undefined;
}

/** A Keyward, or the options of one that the module creates and closes. */
export type KeywardSource = Keyward | KeywardOptions;

/** Creates the Keyward of the application: for `useClass` and `useExisting` of `forRootAsync`. */
export interface KeywardSourceFactory {
  createKeyward(): KeywardSource | Promise<KeywardSource>;
}

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } = new ConfigurableModuleBuilder<KeywardSource>({
  moduleName: "Keyward",
  optionsInjectionToken: KEYWARD,
})
  .setClassMethodName("forRoot")
  .setFactoryMethodName("createKeyward")
  .setExtras<KeywardModuleOptions>(
    { global: true, checkDecorators: true, defaults: {} },
    (definition) => definition,
  )
  .build();
