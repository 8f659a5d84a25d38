namespace Grpc.Core;

/// <summary>Credentials sent with each call, as headers.</summary>
public abstract class CallCredentials
{
    /// <summary>The interceptors to run, in order.</summary>
    internal abstract IReadOnlyList<AsyncAuthInterceptor> Interceptors { get; }

    /// <summary>All of these together.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new InterceptorCredentials([.. credentials.SelectMany(one => one.Interceptors)]);
    }

    /// <summary>Credentials a function adds to the headers.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptorCredentials([interceptor]);
    }

    private sealed class InterceptorCredentials(IReadOnlyList<AsyncAuthInterceptor> interceptors) : CallCredentials
    {
        internal override IReadOnlyList<AsyncAuthInterceptor> Interceptors => interceptors;
    }
}
