namespace Grpc.Core;

/// <summary>What the four call types ask of the call behind them; the state is passed back to each function.</summary>
internal readonly record struct CallHooks(
    object State,
    Func<object, Task<Metadata>> ResponseHeaders,
    Func<object, Status> Status,
    Func<object, Metadata> Trailers,
    Action<object> Dispose)
{
    public static CallHooks Create(
        Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose) =>
        new(dispose, _ => responseHeaders, _ => status(), _ => trailers(), _ => dispose());
}
