import { Catch, type ArgumentsHost, type ExceptionFilter } from "@nestjs/common";
import { ApiKeyException } from "./api-key.exception.ts";
import { headersOf, isSent, send, setStatus, type PlatformResponse } from "./platform.ts";
import { refusalOf } from "./refusals.ts";

/** Responds to a refused HTTP request as all adapters do. Filters of the application that catch the exception come first. */
@Catch(ApiKeyException)
export class ApiKeyFilter implements ExceptionFilter<ApiKeyException> {
  async catch(exception: ApiKeyException, host: ArgumentsHost): Promise<void> {
    if (host.getType() !== "http") throw exception;
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    const status = exception.getStatus();
    const refusal = refusalOf(exception);
    if (refusal !== undefined) {
      const { mount, refused, request, context } = refusal;
      mount.writeHeaders(refused, request, headersOf(response));
      setStatus(response, status);
      await mount.route.onRefused?.(refused, context, undefined);
    }
    if (!isSent(response)) send(response, status, JSON.stringify(exception.problem));
  }
}
