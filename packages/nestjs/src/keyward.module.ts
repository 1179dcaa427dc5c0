import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from "@nestjs/common";
import { APP_FILTER, DiscoveryModule } from "@nestjs/core";
import { checkRequirements, type Keyward } from "@keyward/core";
import { ApiKeyFilter } from "./api-key.filter.ts";
import { ApiKeyGuard } from "./api-key.guard.ts";
import { DecoratorCheck } from "./decorator-check.ts";
import { KEYWARD } from "./token.ts";

/** How the module stands among the others. */
export interface KeywardModuleOptions {
  /** Whether all modules can inject what this one provides without importing it. Default: true. */
  readonly global?: boolean;
  /**
   * Whether a decorator that has no effect where it stands keeps the application from starting. Default: true.
   * Turn it off where a guard of your own calls `ApiKeyGuard`, which cannot be seen from outside.
   */
  readonly checkDecorators?: boolean;
}

/** How a `Keyward` is made from what other modules provide. */
export interface KeywardModuleAsyncOptions
  extends KeywardModuleOptions, Pick<ModuleMetadata, "imports">, Pick<FactoryProvider<Keyward>, "inject"> {
  /** Makes the `Keyward`. It is closed with the application. */
  // oxlint-disable-next-line typescript/no-explicit-any -- The types of what `inject` names.
  readonly useFactory: (...dependencies: any[]) => Keyward | Promise<Keyward>;
}

/** Whether the `Keyward` was made by the module, which then closes it. */
const OWNED = Symbol.for("keyward: made by the module");

/**
 * Gives an application its `Keyward`, the guard, and the answers to refused requests.
 *
 * @example
 * ```ts
 * @Module({ imports: [KeywardModule.forRoot(kw)], providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }] })
 * class AppModule {}
 * ```
 */
@Module({})
export class KeywardModule implements OnApplicationShutdown {
  readonly #kw: Keyward;
  readonly #owned: boolean;

  constructor(@Inject(KEYWARD) kw: Keyward, @Inject(OWNED) owned: boolean) {
    this.#kw = kw;
    this.#owned = owned;
  }

  /** With a `Keyward` that the application made, and closes when it is done with it. */
  static forRoot(kw: Keyward, options: KeywardModuleOptions = {}): DynamicModule {
    checkRequirements(kw, {});
    return moduleOf({ provide: KEYWARD, useValue: kw }, { ...options, owned: false });
  }

  /** With a `Keyward` that is made from what other modules provide, and closed when the application closes. */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
    ...options
  }: KeywardModuleAsyncOptions): DynamicModule {
    const provider: Provider = {
      provide: KEYWARD,
      inject,
      useFactory: async (...dependencies: unknown[]) => {
        const kw = await useFactory(...dependencies);
        checkRequirements(kw, {});
        return kw;
      },
    };
    return moduleOf(provider, { ...options, imports, owned: true });
  }

  /** After the servers have been closed: until then requests under way still count. */
  async onApplicationShutdown(): Promise<void> {
    if (this.#owned) await this.#kw.close();
  }
}

function moduleOf(
  keyward: Provider,
  {
    global = true,
    checkDecorators = true,
    imports = [],
    owned,
  }: KeywardModuleOptions & Pick<ModuleMetadata, "imports"> & { owned: boolean },
): DynamicModule {
  return {
    module: KeywardModule,
    global,
    imports: [DiscoveryModule, ...imports],
    providers: [
      keyward,
      { provide: OWNED, useValue: owned },
      ApiKeyGuard,
      ...(checkDecorators ? [DecoratorCheck] : []),
      { provide: APP_FILTER, useClass: ApiKeyFilter },
    ],
    exports: [KEYWARD, ApiKeyGuard],
  };
}
