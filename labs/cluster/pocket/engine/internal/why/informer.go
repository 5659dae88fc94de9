package why

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
)

// still is an informer of objects that do not change: whoever asks is told all of them at once.
type still struct{ cache.Indexer }

func newStill() *still {
	return &still{cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})}
}

func (s *still) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	for _, object := range s.List() {
		handler.OnAdd(object, true)
	}
	return synced{}, nil
}

func (s *still) AddEventHandlerWithResyncPeriod(handler cache.ResourceEventHandler, _ time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	return s.AddEventHandler(handler)
}

func (s *still) AddEventHandlerWithOptions(handler cache.ResourceEventHandler, _ cache.HandlerOptions) (cache.ResourceEventHandlerRegistration, error) {
	return s.AddEventHandler(handler)
}

func (s *still) RemoveEventHandler(cache.ResourceEventHandlerRegistration) error { return nil }
func (s *still) GetStore() cache.Store                                           { return s.Indexer }
func (s *still) GetIndexer() cache.Indexer                                       { return s.Indexer }
func (s *still) GetController() cache.Controller                                 { return nil }
func (s *still) Run(<-chan struct{})                                             {}
func (s *still) RunWithContext(context.Context)                                  {}
func (s *still) HasSynced() bool                                                 { return true }
func (s *still) HasSyncedChecker() cache.DoneChecker                             { return synced{} }
func (s *still) LastSyncResourceVersion() string                                 { return "" }
func (s *still) SetWatchErrorHandler(cache.WatchErrorHandler) error              { return nil }
func (s *still) SetTransform(cache.TransformFunc) error                          { return nil }
func (s *still) IsStopped() bool                                                 { return false }

func (s *still) SetWatchErrorHandlerWithContext(cache.WatchErrorHandlerWithContext) error {
	return nil
}

// synced is done from the beginning.
type synced struct{}

var done = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (synced) HasSynced() bool                     { return true }
func (synced) HasSyncedChecker() cache.DoneChecker { return synced{} }
func (synced) Name() string                        { return "snapshot" }
func (synced) Done() <-chan struct{}               { return done }
