using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Answers methods and services nobody mapped with UNIMPLEMENTED.</summary>
internal static class UnimplementedEndpoints
{
    private const string MethodKey = "unimplementedMethod";
    private const string ServicePattern = "{unimplementedService}/{" + MethodKey + "}";

    private static readonly ConditionalWeakTable<ICollection<EndpointDataSource>, string> _mapped = [];

    public static void Map(IEndpointRouteBuilder builder, string? serviceName)
    {
        if (serviceName is not null)
        {
            Map(builder, $"{serviceName}/{{{MethodKey}}}", "Method is unimplemented.");
        }

        var options = builder.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        if (options.IgnoreUnknownServices is true || WasMappedBefore(builder))
        {
            return;
        }

        Map(builder, ServicePattern, "Service is unimplemented.");
    }

    /// <summary>Looking at the endpoints mapped so far would build them, and freeze their conventions.</summary>
    private static bool WasMappedBefore(IEndpointRouteBuilder builder) => !_mapped.TryAdd(builder.DataSources, ServicePattern);

    private static void Map(IEndpointRouteBuilder builder, string pattern, string detail)
    {
        var route = RoutePatternFactory.Parse(
            pattern, defaults: null, parameterPolicies: new RouteValueDictionary { [MethodKey] = new GrpcConstraint() });
        builder.Map(route, context => AnswerAsync(context, detail)).Add(endpoint =>
        {
            endpoint.DisplayName = "gRPC - " + detail;
            endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Post]));
        });
    }

    private static Task AnswerAsync(HttpContext context, string detail)
    {
        var output = new ResponseOutput(context, null, static () => false);
        return output.EndAsync(new Status(StatusCode.Unimplemented, detail), []);
    }
}
