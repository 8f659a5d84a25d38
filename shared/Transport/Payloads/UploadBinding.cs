using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Payloads;

/// <summary>Binds the upload service so that its requests are read into pooled memory; see <see cref="UploadRequestReader"/>.</summary>
public static class UploadBinding
{
    /// <summary>To be named in a service's <see cref="BindServiceMethodAttribute"/>; the service releases the frames it receives.</summary>
    public static void Bind(ServiceBinderBase serviceBinder, Upload.UploadBase serviceImpl) =>
        Upload.BindService(new Binder(serviceBinder), serviceImpl);

    private static Method<UploadRequest, UploadResponse> Pooled(Method<UploadRequest, UploadResponse> send) => new(
        send.Type,
        send.ServiceName,
        send.Name,
        Marshallers.Create(send.RequestMarshaller.ContextualSerializer, UploadRequestReader.Read),
        send.ResponseMarshaller);

    private sealed class Binder(ServiceBinderBase inner) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            inner.AddMethod(method is Method<UploadRequest, UploadResponse> send ? (Method<TRequest, TResponse>)(object)Pooled(send) : method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => inner.AddMethod(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => inner.AddMethod(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => inner.AddMethod(method, handler);
    }
}
