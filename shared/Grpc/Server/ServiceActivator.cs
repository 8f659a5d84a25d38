using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Gives each call its service: the registered one, else a new one with constructor injection.</summary>
internal static class ServiceActivator<TService>
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> _factory =
        new(() => ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes));

    public static Activated<TService> Activate(IServiceProvider services) =>
        services.GetService<TService>() is { } registered
            ? new Activated<TService>(registered, Owned: false)
            : new Activated<TService>(_factory.Value(services, null), Owned: true);
}
