using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor type that is activated for each call.</summary>
public class InterceptorRegistration
{
    private readonly object[] _arguments;

    internal InterceptorRegistration(Type type, object[] arguments)
    {
        if (!type.IsAssignableTo(typeof(Interceptor)))
        {
            throw new ArgumentException($"{type} is no {nameof(Interceptor)}.", nameof(type));
        }

        Type = type;
        _arguments = arguments;
    }

    /// <summary>The interceptor's type.</summary>
    public Type Type { get; }

    /// <summary>Constructor arguments that do not come from services.</summary>
    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>
    /// The registered service of that type, else a new instance, which is disposed after the call.
    /// </summary>
    internal Activated<Interceptor> Activate(IServiceProvider services) =>
        _arguments.Length == 0 && services.GetService(Type) is Interceptor registered
            ? new Activated<Interceptor>(registered, Owned: false)
            : new Activated<Interceptor>((Interceptor)ActivatorUtilities.CreateInstance(services, Type, _arguments), Owned: true);
}
