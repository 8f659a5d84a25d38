using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>Reaches the HTTP request behind a call.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The request; not to be used after the handler returned. Throws InvalidOperationException for test doubles.</summary>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is HttpServerCallContext context)
        {
            return context.HttpContext;
        }

        // The place where the official packages look for it, so that doubles work with either.
        return serverCallContext.UserState.TryGetValue("__HttpContext", out var value) && value is HttpContext http
            ? http
            : throw new InvalidOperationException("Could not get HttpContext from ServerCallContext. HttpContext can only be accessed when gRPC services are hosted by ASP.NET Core.");
    }
}
