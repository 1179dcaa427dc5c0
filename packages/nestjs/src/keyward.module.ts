import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from "@nestjs/common";
import { ApplicationConfig, DiscoveryModule } from "@nestjs/core";
import { createKeyward, type Keyward } from "@keyward/core";
import { checkKeyward, warn } from "@keyward/core/adapter";
import { ApiKeyFilter } from "./api-key.filter.ts";
import { ApiKeyGuard } from "./api-key.guard.ts";
import { DecoratorCheck } from "./decorator-check.ts";
import {
  ConfigurableModuleClass,
  type ASYNC_OPTIONS_TYPE,
  type KeywardModuleOptions,
  type KeywardSource,
} from "./keyward.module-definition.ts";
import { DEFAULTS, KEYWARD } from "./tokens.ts";

/** True if the application made the Keyward itself. */
const IS_GIVEN = Symbol.for("keyward: made by the application");

/** Time after startup by which an application must have enabled shutdown hooks. */
const SHUTDOWN_CHECK_MS = 2000;

/**
 * Provides the Keyward of an application, the guard, and the responses to refused requests.
 *
 * @example
 * ```ts
 * @Module({ imports: [KeywardModule.forRoot(kw)], providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }] })
 * class AppModule {}
 * ```
 */
@Module({})
export class KeywardModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #kw: Keyward;
  readonly #isGiven: boolean;
  #shutdownCheck: NodeJS.Timeout | undefined;

  constructor(
    @Inject(KEYWARD) kw: Keyward,
    @Inject(IS_GIVEN) isGiven: boolean,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    super();
    this.#kw = kw;
    this.#isGiven = isGiven;
    // Before the filters of the application, which Nest adds later and asks first.
    config.addGlobalFilter(new ApiKeyFilter());
  }

  /**
   * With a Keyward that the application closes itself, or with options of one that the module creates, and closes with the application.
   *
   * @throws KeywardError `invalid-option`
   */
  static override forRoot(
    source: KeywardSource & KeywardModuleOptions,
    options: KeywardModuleOptions = {},
  ): DynamicModule {
    if (isKeyward(source)) {
      return complete(
        { module: KeywardModule, providers: [{ provide: KEYWARD, useValue: source }] },
        options,
        true,
      );
    }
    if (typeof source !== "object" || source === null || "then" in source) checkKeyward(source);
    const { global, checkDecorators, defaults, ...keyward } = source as KeywardModuleOptions;
    const kw = createKeyward(keyward);
    const moduleOptions = { global, checkDecorators, defaults };
    return complete(
      { module: KeywardModule, providers: [{ provide: KEYWARD, useValue: kw }] },
      { ...moduleOptions, ...options },
      false,
    );
  }

  /** With a Keyward, or the options of one, from other providers. It is closed with the application. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return complete(super.forRootAsync(options), options, false);
  }

  onApplicationBootstrap(): void {
    if (this.#isGiven) return;
    this.#shutdownCheck = setTimeout(() => {
      if (process.listenerCount("SIGTERM") > 0) return;
      warn(
        "KEYWARD_SHUTDOWN_HOOKS",
        "The application does not close Keyward when it is stopped by a signal, and loses usage and counts of the last half second. " +
          "Call app.enableShutdownHooks().",
      );
    }, SHUTDOWN_CHECK_MS).unref();
  }

  /** After the servers were closed: until then requests still count. */
  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.#shutdownCheck);
    if (!this.#isGiven) await this.#kw.close();
  }
}

/** The provider of the Keyward, where that is made by a factory: of its options too. */
function withKeyward(provider: Provider): Provider {
  if (!("provide" in provider) || provider.provide !== KEYWARD || !("useFactory" in provider))
    return provider;
  const { useFactory } = provider;
  return {
    ...provider,
    useFactory: async (...dependencies: unknown[]) =>
      toKeyward((await useFactory(...dependencies)) as KeywardSource),
  };
}

function toKeyward(source: KeywardSource): Keyward {
  if (isKeyward(source)) return source;
  if (typeof source !== "object" || source === null) checkKeyward(source);
  return createKeyward(source as Exclude<KeywardSource, Keyward>);
}

function isKeyward(source: KeywardSource): source is Keyward {
  return typeof (source as Partial<Keyward> | null | undefined)?.admit === "function";
}

function complete(definition: DynamicModule, options: KeywardModuleOptions, isGiven: boolean): DynamicModule {
  const { global = true, checkDecorators = true, defaults = {} } = options;
  return {
    ...definition,
    global,
    imports: [DiscoveryModule, ...(definition.imports ?? [])],
    providers: [
      ...(definition.providers ?? []).map(withKeyward),
      { provide: IS_GIVEN, useValue: isGiven },
      { provide: DEFAULTS, useValue: defaults },
      ApiKeyGuard,
      ...(checkDecorators ? [DecoratorCheck] : []),
    ],
    exports: [KEYWARD, DEFAULTS, ApiKeyGuard],
  };
}
