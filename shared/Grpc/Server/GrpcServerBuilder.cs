using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Sets the server up further.</summary>
internal sealed record GrpcServerBuilder(IServiceCollection Services) : IGrpcServerBuilder;
