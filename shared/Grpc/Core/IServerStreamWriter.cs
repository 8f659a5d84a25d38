namespace Grpc.Core;

/// <summary>The responses of a call, as the handler writes them; they end when the handler returns.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
