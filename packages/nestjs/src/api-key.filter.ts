import { Catch, type ArgumentsHost, type ExceptionFilter } from "@nestjs/common";
import { ApiKeyException } from "./api-key.exception.ts";
import { send, type PlatformResponse } from "./platform.ts";

/**
 * Answers a refused HTTP request as every other adapter does, to the byte. A filter of the application that
 * catches the exception comes before it.
 */
@Catch(ApiKeyException)
export class ApiKeyFilter implements ExceptionFilter<ApiKeyException> {
  catch(exception: ApiKeyException, host: ArgumentsHost): void {
    if (host.getType() !== "http") throw exception;
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    send(response, exception.getStatus(), JSON.stringify(exception.problem));
  }
}
